SELECT extract(year FROM "date") AS year_of_date, upper(substr(block, 1, 5)) AS hundreds,
       count(*) FILTER (WHERE location_description LIKE '%,%') AS with_comma, count(*) FILTER (WHERE description LIKE '%"%') AS quoted
FROM crime_data.crimes_2001_to_present
WHERE updated_on BETWEEN TIMESTAMP '2012-01-01 00:00:00' AND TIMESTAMP '2018-02-10 15:50:01'
GROUP BY 1, 2
