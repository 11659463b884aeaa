-- Functions of arrays, on executors.
SELECT
    district,
    array_to_string(array_agg(DISTINCT fbi_code ORDER BY fbi_code), ', ') AS codes,
    array_length(array_agg(id)) AS crimes,
    array_has(array_agg(primary_type), 'THEFT') AS thefts
FROM crime_data.crimes_2001_to_present
GROUP BY district
