-- Nearly as many groups as rows.
SELECT block, iucr, count(*) AS cases, max(id) AS last_id
FROM crime_data.crimes_2001_to_present
GROUP BY block, iucr
