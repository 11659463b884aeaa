-- Districts that the small table does not name stay, without a name.
SELECT crimes.district, districts.name, count(*) AS cases
FROM crime_data.crimes_2001_to_present AS crimes
LEFT JOIN crime_data.districts AS districts ON crimes.district = districts.district
GROUP BY crimes.district, districts.name
