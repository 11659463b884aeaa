SELECT block, count(*) AS cases, sum(CASE WHEN arrest THEN 1 ELSE 0 END) AS arrests
FROM crime_data.crimes_2001_to_present
GROUP BY block
ORDER BY cases DESC, block
LIMIT 100
