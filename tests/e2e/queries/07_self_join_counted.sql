-- Pairs of cases of one kind on one beat: the shape of query that returns wrong counts when a plan and its session differ.
SELECT count(*) AS pairs
FROM crime_data.crimes_2001_to_present AS a
JOIN crime_data.crimes_2001_to_present AS b ON a.beat = b.beat AND a.iucr = b.iucr AND a.id < b.id
