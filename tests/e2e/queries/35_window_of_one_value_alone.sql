-- Windows whose frames have no end, at the top of the plan.
SELECT id, max("date") OVER (PARTITION BY year, beat) AS latest, count(*) OVER (PARTITION BY year) AS all_of_them
FROM crime_data.crimes_2001_to_present
WHERE year = 2016
