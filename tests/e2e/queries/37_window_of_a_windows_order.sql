-- The other windows take over the order of the first, whose rows are handed out to partitions.
SELECT id, number, count(*) OVER (PARTITION BY beat ORDER BY number) AS place, max(id) OVER (PARTITION BY beat) AS newest,
       sum(id) OVER (PARTITION BY beat, number) AS same
FROM (SELECT id, beat, row_number() OVER (ORDER BY beat, id) AS number FROM crime_data.crimes_2001_to_present) AS numbered
