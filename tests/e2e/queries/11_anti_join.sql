-- Cases on blocks where nothing happened earlier.
SELECT now.id, now.block
FROM crime_data.crimes_2001_to_present AS now
WHERE NOT EXISTS (SELECT 1 FROM crime_data.earlier_crimes AS earlier WHERE earlier.block = now.block)
