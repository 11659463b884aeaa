-- Creates the table of the City of Chicago's "Crimes - 2001 to Present" and fills it from a CSV file.
--
-- The file is read from standard input by the client, so it need not lie on the server:
--
--   mysql --local-infile=1 --host=HOST --user=USER --password --execute="$(cat sql/create_and_load.sql)" < crimes.csv
--
-- The server must allow it (`SET GLOBAL local_infile = 1` on MySQL; on RDS, in the parameter group). For MySQL and
-- MariaDB alike. A table that exists already is left alone, and said so: drop it first to load again.

CREATE DATABASE IF NOT EXISTS crime_data CHARACTER SET utf8mb4;
USE crime_data;

CREATE TABLE Crimes_2001_to_Present (
    `ID`                   INT          NOT NULL COMMENT 'Unique identifier of the record',
    `Case Number`          VARCHAR(16)           COMMENT 'The police department''s number of the incident; not quite unique',
    `Date`                 DATETIME              COMMENT 'When the incident occurred, in Chicago; sometimes an estimate',
    `Block`                VARCHAR(64)           COMMENT 'The address, its last digits withheld',
    `IUCR`                 CHAR(4)               COMMENT 'Illinois Uniform Crime Reporting code, with leading zeros',
    `Primary Type`         VARCHAR(64)           COMMENT 'Group of the IUCR code',
    `Description`          VARCHAR(128)          COMMENT 'What sets the IUCR code apart in its group',
    `Location Description` VARCHAR(128)          COMMENT 'Kind of place',
    `Arrest`               TINYINT(1)            COMMENT 'Whether an arrest was made',
    `Domestic`             TINYINT(1)            COMMENT 'Whether the incident was domestic',
    `Beat`                 CHAR(4)               COMMENT 'Smallest police area, with leading zeros',
    `District`             CHAR(3)               COMMENT 'Police district, with leading zeros',
    `Ward`                 SMALLINT              COMMENT 'City council district, 1 to 50',
    `Community Area`       SMALLINT              COMMENT 'One of the 77 community areas',
    `FBI Code`             VARCHAR(3)            COMMENT 'National classification, such as 04B',
    `X Coordinate`         INT                   COMMENT 'Feet east, State Plane Illinois East, moved to the block',
    `Y Coordinate`         INT                   COMMENT 'Feet north, State Plane Illinois East, moved to the block',
    `Year`                 SMALLINT              COMMENT 'The year of Date',
    `Updated On`           DATETIME              COMMENT 'When the record was last changed',
    `Latitude`             DOUBLE                COMMENT 'Degrees, moved to the block',
    `Longitude`            DOUBLE                COMMENT 'Degrees, moved to the block',
    `Location`             VARCHAR(64)           COMMENT 'Latitude and longitude as text',
    PRIMARY KEY (`ID`)
) COMMENT 'City of Chicago: Crimes - 2001 to Present';

-- The city writes dates as 02/10/2018 03:50:01 PM, booleans as words, and nothing where nothing is known.
LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE Crimes_2001_to_Present
    CHARACTER SET utf8mb4
    FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY ''
    LINES TERMINATED BY '\n'
    IGNORE 1 LINES
    (@id, @case_number, @date, @block, @iucr, @primary_type, @description, @location_description, @arrest, @domestic,
     @beat, @district, @ward, @community_area, @fbi_code, @x, @y, @year, @updated_on, @latitude, @longitude, @location)
SET `ID` = @id,
    `Case Number` = NULLIF(@case_number, ''),
    `Date` = STR_TO_DATE(NULLIF(@date, ''), '%m/%d/%Y %h:%i:%s %p'),
    `Block` = NULLIF(@block, ''),
    `IUCR` = NULLIF(@iucr, ''),
    `Primary Type` = NULLIF(@primary_type, ''),
    `Description` = NULLIF(@description, ''),
    `Location Description` = NULLIF(@location_description, ''),
    `Arrest` = CASE LOWER(@arrest) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END,
    `Domestic` = CASE LOWER(@domestic) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END,
    `Beat` = NULLIF(@beat, ''),
    `District` = NULLIF(@district, ''),
    `Ward` = NULLIF(@ward, ''),
    `Community Area` = NULLIF(@community_area, ''),
    `FBI Code` = NULLIF(@fbi_code, ''),
    `X Coordinate` = NULLIF(@x, ''),
    `Y Coordinate` = NULLIF(@y, ''),
    `Year` = NULLIF(@year, ''),
    `Updated On` = STR_TO_DATE(NULLIF(@updated_on, ''), '%m/%d/%Y %h:%i:%s %p'),
    `Latitude` = NULLIF(@latitude, ''),
    `Longitude` = NULLIF(@longitude, ''),
    `Location` = NULLIF(TRIM(TRAILING '\r' FROM @location), '');

-- A row that cannot be read is a warning to LOAD DATA LOCAL, not an error: nothing printed here means every row is right.
SHOW WARNINGS LIMIT 20;

-- Fresh statistics, from which readers plan.
ANALYZE TABLE Crimes_2001_to_Present;

SELECT COUNT(*) AS rows_loaded FROM Crimes_2001_to_Present;
