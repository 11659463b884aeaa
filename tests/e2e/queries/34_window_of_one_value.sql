-- What a condition leaves one value of, or makes equal to another, is a key of the windows all the same, although nothing is
-- left to sort by it.
SELECT c.id, c.place, c.so_far, c.latest, c.street,
       row_number() OVER (PARTITION BY c.district, d.district ORDER BY c.id) AS number,
       sum(c.place) OVER (PARTITION BY d.district, c.year, c.district ORDER BY c.place DESC, c.id) AS places
FROM (SELECT id, year, district,
             rank() OVER (PARTITION BY year, primary_type ORDER BY "date", id) AS place,
             count(*) OVER (PARTITION BY year ORDER BY id) AS so_far,
             max("date") OVER (PARTITION BY year, beat) AS latest,
             count(*) OVER (PARTITION BY year, block ORDER BY id) AS street
      FROM crime_data.crimes_2001_to_present
      WHERE year = 2016) AS c
JOIN crime_data.districts AS d ON c.district = d.district
WHERE c.street > 1
