-- The crime types with most cases for which no arrest has been made.
SELECT primary_type, count(*) AS cases
FROM crime_type_details
GROUP BY primary_type
ORDER BY cases DESC, primary_type
LIMIT 10
