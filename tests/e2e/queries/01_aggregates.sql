-- Aggregates over a few large groups.
SELECT primary_type, count(*) AS cases, count(location_description) AS located, min(id) AS first_id, max("date") AS last_date,
       sum(ward) AS wards, round(avg(latitude), 6) AS latitude, sum(CASE WHEN arrest THEN 1 ELSE 0 END) AS arrests
FROM crime_data.crimes_2001_to_present
GROUP BY primary_type
