SELECT d.district, c.id
FROM crime_data.districts d
FULL JOIN (SELECT id FROM crime_data.crimes_2001_to_present WHERE id < 22000) c
    ON c.id < 19900 + 10 * CAST(d.district AS INT)
