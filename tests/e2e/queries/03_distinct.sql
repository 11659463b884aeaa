SELECT DISTINCT district, beat, ward
FROM crime_data.crimes_2001_to_present
