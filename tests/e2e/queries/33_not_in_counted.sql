SELECT c.district, count(*) AS n
FROM crime_data.crimes_2001_to_present c
WHERE c.community_area NOT IN (SELECT CAST(d.district AS INT) FROM crime_data.districts d)
GROUP BY c.district
