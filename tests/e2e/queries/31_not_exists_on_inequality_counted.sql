SELECT d.district, count(*) AS n
FROM crime_data.districts d
WHERE NOT EXISTS (SELECT 1 FROM crime_data.crimes_2001_to_present c WHERE c.id < 19900 + 10 * CAST(d.district AS INT))
GROUP BY d.district
