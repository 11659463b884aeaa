-- Beats compared with the others of their district.
WITH beats AS (
    SELECT district, beat, count(*) AS cases FROM crime_data.crimes_2001_to_present GROUP BY district, beat
)
SELECT a.district, a.beat, a.cases, count(*) AS busier_ones
FROM beats AS a
JOIN beats AS b ON a.district = b.district AND b.cases > a.cases
GROUP BY a.district, a.beat, a.cases
