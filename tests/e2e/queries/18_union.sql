SELECT block, location_description FROM crime_data.crimes_2001_to_present WHERE arrest
UNION
SELECT block, location_description FROM crime_data.earlier_crimes WHERE NOT domestic
