"""Everything a run leaves behind: tables, ROIs, picture and run record."""
