#!/bin/sh
# Makes msgstore's role and its database; the image runs this once, when it makes its data folder. The role owns its
# tables, because it migrates them, and may do nothing beyond its database.
set -eu
psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat /run/secrets/db-password`
create role msgstore login password :'password' nosuperuser nocreatedb nocreaterole;
create database msgstore owner msgstore;
revoke connect on database msgstore from public;
SQL
