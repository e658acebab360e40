create table auth.users (
  id uuid primary key,
  -- Normalised by the function: trimmed, lower case.
  email text not null unique,
  -- PHC string: algorithm and parameters stand in it.
  password_hash text not null,
  role text not null check (role in ('customer', 'operator')),
  created_at timestamptz not null default now()
);

-- One sign-in: the family of all refresh tokens that came of it.
create table auth.sessions (
  id uuid primary key,
  user_id uuid not null references auth.users,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index sessions_of_user on auth.sessions (user_id);

-- Used tokens stay until they expire: the second use of one is what tells of a theft.
create table auth.refresh_tokens (
  hash bytea primary key,
  session_id uuid not null references auth.sessions on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_tokens_of_session on auth.refresh_tokens (session_id);
create index refresh_tokens_expiry on auth.refresh_tokens (expires_at);
