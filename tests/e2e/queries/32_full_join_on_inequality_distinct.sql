SELECT DISTINCT d.district, c.id IS NULL AS alone
FROM crime_data.districts d
FULL JOIN crime_data.crimes_2001_to_present c ON c.id < 19900 + 10 * CAST(d.district AS INT)
