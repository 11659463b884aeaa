-- Two large tables on two text columns.
SELECT now.id, earlier.id AS earlier_id, now.block, now.primary_type
FROM crime_data.crimes_2001_to_present AS now
JOIN crime_data.earlier_crimes AS earlier ON now.block = earlier.block AND now.primary_type = earlier.primary_type
