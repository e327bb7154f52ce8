-- Version 4: the least memory that a run could have been done with, as forecast for its rows; 0 where it is not known, as for
-- runs of older versions.
-- Programs that know version 1 alone may go on reading.

ALTER TABLE runs ADD COLUMN memory_floor_bytes INTEGER NOT NULL DEFAULT 0;
