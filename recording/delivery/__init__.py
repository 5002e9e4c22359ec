"""Videos' files for players and downloads: signed addresses that expire, parts of files, and who may have them."""
