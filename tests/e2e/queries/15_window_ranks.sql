-- The three latest cases of each beat.
SELECT beat, id, "date", place
FROM (SELECT beat, id, "date", row_number() OVER (PARTITION BY beat ORDER BY "date" DESC, id) AS place
      FROM crime_data.crimes_2001_to_present) AS ranked
WHERE place <= 3
