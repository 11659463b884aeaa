SELECT d.district, count(*) AS n, count(c.id) AS matches
FROM crime_data.districts d
LEFT JOIN crime_data.crimes_2001_to_present c ON c.id < 19900 + 10 * CAST(d.district AS INT)
GROUP BY d.district
