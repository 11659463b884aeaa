SELECT district, arrest, domestic, count(*) AS cases
FROM crime_data.crimes_2001_to_present
GROUP BY GROUPING SETS ((district, arrest), (domestic), ())
