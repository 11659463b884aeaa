-- Cases without an arrest by police district; cases of no known district come last.
SELECT district, count(*) AS cases
FROM crime_type_details
GROUP BY district
ORDER BY district NULLS LAST
