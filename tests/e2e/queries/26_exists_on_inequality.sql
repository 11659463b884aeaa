SELECT d.district
FROM crime_data.districts d
WHERE EXISTS (
    SELECT 1 FROM crime_data.crimes_2001_to_present c WHERE c.id < 19900 + 10 * CAST(d.district AS INT)
)
