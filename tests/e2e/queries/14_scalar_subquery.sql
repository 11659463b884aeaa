-- Beats with more cases than twice the mean of all beats.
SELECT beat, count(*) AS cases
FROM crime_data.crimes_2001_to_present
GROUP BY beat
HAVING count(*) > (SELECT 2 * count(*) / count(DISTINCT beat) FROM crime_data.crimes_2001_to_present)
