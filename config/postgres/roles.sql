-- The three roles and the database, for psql (15 or later) as a superuser; it may run again at any time.
--
--   tributary_owner  owns the database and migrates it; creates databases for tests
--   tributary_app    what web, worker and scheduler sign in as: it owns nothing, and which tables it may
--                    read and write is granted by `manage.py migrate`
--   tributary_partner  what the application takes on for a partner's page: it reads that partner's rows
--                    only, and nobody can sign in as it
--
-- The passwords come from OWNER_PASSWORD and APP_PASSWORD in the environment; where one is not set, the
-- role keeps the password that it has.

\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', wanted)
FROM unnest(ARRAY['tributary_owner', 'tributary_app']) AS wanted
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) \gexec

ALTER ROLE tributary_owner NOSUPERUSER CREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE tributary_app NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

\if :{?owner_password}
ALTER ROLE tributary_owner PASSWORD :'owner_password';
\endif
\if :{?app_password}
ALTER ROLE tributary_app PASSWORD :'app_password';
\endif

SELECT 'CREATE ROLE tributary_partner NOLOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tributary_partner') \gexec
ALTER ROLE tributary_partner NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
GRANT tributary_partner TO tributary_app WITH INHERIT FALSE, SET TRUE;

SELECT 'CREATE DATABASE tributary OWNER tributary_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tributary') \gexec

\connect tributary
ALTER DATABASE tributary OWNER TO tributary_owner;
ALTER SCHEMA public OWNER TO tributary_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO tributary_app;
REVOKE ALL ON DATABASE tributary FROM PUBLIC;
-- Last: config/embedded.py takes this grant as the sign that all of the above is done.
GRANT CONNECT, TEMPORARY ON DATABASE tributary TO tributary_app;
