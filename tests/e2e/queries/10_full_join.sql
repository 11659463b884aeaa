SELECT coalesce(now.block, earlier.block) AS block, now.cases, earlier.cases AS earlier_cases
FROM (SELECT block, count(*) AS cases FROM crime_data.crimes_2001_to_present GROUP BY block) AS now
FULL OUTER JOIN (SELECT block, count(*) AS cases FROM crime_data.earlier_crimes GROUP BY block) AS earlier
  ON now.block = earlier.block
