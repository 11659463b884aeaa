SELECT crimes.id, districts.name, districts.opened
FROM crime_data.crimes_2001_to_present AS crimes
JOIN crime_data.districts AS districts ON crimes.district = districts.district
WHERE districts.opened < DATE '1990-01-01'
