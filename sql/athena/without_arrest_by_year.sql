-- Cases without an arrest by year, and their part of the year's cases.
SELECT c."year",
       count(d.id) AS without_arrest,
       count(*) AS cases,
       round(100.0 * count(d.id) / count(*), 1) AS percent
FROM crimes_2001_to_present c
LEFT JOIN crime_type_details d ON d.id = c.id
GROUP BY c."year"
ORDER BY c."year"
