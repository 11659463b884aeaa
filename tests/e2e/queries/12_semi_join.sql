-- Thefts on blocks that had an assault earlier.
SELECT now.id, now.block
FROM crime_data.crimes_2001_to_present AS now
WHERE now.primary_type = 'THEFT'
  AND EXISTS (SELECT 1 FROM crime_data.earlier_crimes AS earlier
              WHERE earlier.block = now.block AND earlier.primary_type = 'ASSAULT')
