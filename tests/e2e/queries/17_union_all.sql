SELECT 'now' AS period, primary_type, count(*) AS cases FROM crime_data.crimes_2001_to_present GROUP BY primary_type
UNION ALL
SELECT 'earlier', primary_type, count(*) FROM crime_data.earlier_crimes GROUP BY primary_type
