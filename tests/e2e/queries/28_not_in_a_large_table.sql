SELECT d.district
FROM crime_data.districts d
WHERE d.district NOT IN (
    SELECT c.district FROM crime_data.crimes_2001_to_present c WHERE c.primary_type = 'HOMICIDE' AND c.district IS NOT NULL
)
