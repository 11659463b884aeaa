-- The details of every crime for which no arrest has been made: what, where and when.
SELECT
    id,
    case_number,
    "date",
    primary_type,
    description,
    location_description,
    iucr,
    fbi_code,
    domestic,
    block,
    beat,
    district,
    ward,
    community_area,
    latitude,
    longitude,
    "year",
    updated_on
FROM crime_data.crimes_2001_to_present
WHERE NOT arrest
