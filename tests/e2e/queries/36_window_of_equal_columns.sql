-- The second window's key equals what the first one is sorted by, from the top down, and so is the result.
SELECT id, ward, number, row_number() OVER (PARTITION BY area ORDER BY number) AS of_area
FROM (SELECT id, ward, community_area AS area, row_number() OVER (ORDER BY ward DESC, id) AS number
      FROM crime_data.crimes_2001_to_present
      WHERE ward = community_area) AS numbered
ORDER BY ward DESC, id
LIMIT 20000
