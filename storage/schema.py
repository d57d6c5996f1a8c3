"""THE key schema: every access pattern, every key, every index. Keys come only from storage.keys.

| Pattern | Method | Index | Operation | PK | SK | Consistent | Bound |
|---|---|---|---|---|---|---|---|
| all teams | Teams.list_all | - | Query | TEAMS | TEAM# | no | teams |
| all teams with the summaries of their pipelines | Teams.list_boards | - | Query | TEAMS | TEAM#, PIPELINE#<team># | no | teams and pipelines |
| the same with how many runners are online | Teams.list_overview | - | Query | TEAMS | TEAM#, PIPELINE#<team>#, RUNNERS | no | teams and pipelines |
| some pipelines' summaries | Teams.find_summaries | - | BatchGetItem | TEAMS | PIPELINE#<team># | yes | 100 a call |
| all teams with what they delivered | Windows.list_all | - | Query | HEALTH | TEAM#<id>, WINDOW#<team># | no | teams |
| the facts of a pipeline's executions | Windows.list_facts | - | Query | FACTS#<pipeline> | <day># | no | executions of those days |
| the newest facts of a pipeline's executions | Windows.list_newest_facts | - | Query | FACTS#<pipeline> | <day># | no | as many as asked |
| the same in short, from parts of days | Windows.list_short_facts | - | Query | PARTS#<pipeline> | <day># | no | executions of those days |
| the names of all teams' pipelines | Teams.list_names | - | Query | NAMES | TEAM#<id> | no | teams |
| a team by id | Teams.find | - | GetItem | TEAMS | TEAM#<id> | yes | 1 |
| a team by its address | Teams.find_by_slug | - | GetItem | SLUG#<slug> | SLUG | yes | 1 |
| create a team, its address taken once | Teams.create | - | TransactWriteItems | TEAMS, SLUG#<slug>, NAMES, HEALTH | TEAM#<id>, SLUG | yes | 6 |
| change a team | Teams.update | - | TransactWriteItems | TEAMS, SLUG#<slug>, HEALTH | TEAM#<id>, SLUG | yes | 6 |
| say of which of a team's connections nothing is taken | Teams.tell_quiet | - | TransactWriteItems | TEAMS, SLUG#<slug>, CHANGES#<minute> | TEAM#<id>, SLUG, <time> | yes | 4 |
| remove a team, its address, its connections | Teams.delete | - | TransactWriteItems | TEAMS, SLUG#<slug>, HEALTH, REMOVALS, CONNECTION#<id> | TEAM#<id>, SLUG, CONNECTION | yes | 87 |
| who is signed in, what is asked of all, and what their path names | Users.arrive | - | BatchGetItem | USER#<id>, SETTINGS, SLUG#<slug>, EXECUTION#<id> | USER, SESSION#<hash>, VIEWS, SIGN_IN, SLUG, EXECUTION | yes | 6 |
| a team's board: pipelines with latest execution and stages | Pipelines.list_board | - | Query | TEAM#<id> | PIPELINE# | no | pipelines |
| the same with what it and its pipelines delivered | Pipelines.list_health | - | Query | TEAM#<id> | PIPELINE#, WINDOW#<pipeline or team># | no | pipelines |
| one pipeline's board row | Pipelines.find_row | - | GetItem | TEAM#<id> | PIPELINE#<id> | yes | 1 |
| a pipeline's record and its row | Pipelines.find_pair | - | BatchGetItem | PIPELINE#<id>, TEAM#<id> | PIPELINE, PIPELINE#<id> | yes | 2 |
| where an execution belongs, and why its jobs failed | Pipelines.find_place | - | BatchGetItem | TEAMS, TEAM#<id>, PIPELINE#<id>, FAILURES#<execution> | TEAM#<id>, PIPELINE#<id>, PIPELINE, FAILURE#<place> | yes | 7 |
| whose pipelines are, with their rows, by their runs | Pipelines.owners | - | BatchGetItem | PIPELINE#<id>, TEAM#<id>, TEAMS | PIPELINE, PIPELINE#<id>, TEAM#<id> | yes | 100; moved ones once more |
| a pipeline by id | Pipelines.find | - | GetItem | PIPELINE#<id> | PIPELINE | yes | 1 |
| the same with its version | Pipelines.find_stored | - | GetItem | PIPELINE#<id> | PIPELINE | yes | 1 |
| the records of a team's pipelines | Pipelines.list_records | - | BatchGetItem | PIPELINE#<id> | PIPELINE | yes | pipelines |
| the same without their histories | Pipelines.list_without_histories | - | BatchGetItem | PIPELINE#<id> | PIPELINE | yes | 100 a call |
| a pipeline by its tool's own key | Pipelines.find_by_key | - | GetItem | PIPELINE#<id of key> | PIPELINE | yes | 1 |
| one execution with stages and actions | Executions.find | - | Query | EXECUTION#<id> | EXECUTION, PART# | yes | 1 + parts |
| one execution's merged state | Executions.get_stored | - | Query | EXECUTION#<id> | EXECUTION, PART# | yes | 1 + parts |
| the same, if it stands | Executions.find_stored | - | Query | EXECUTION#<id> | EXECUTION, PART# | yes | 1 + parts |
| an execution's first item | Executions.find_head | - | GetItem | EXECUTION#<id> | EXECUTION | yes | 1 |
| an execution whose first item is at hand | Executions.whole | - | Query | EXECUTION#<id> | EXECUTION, PART# | yes | parts |
| a pipeline's executions, newest first | Executions.list_of_pipeline | history | Query | PIPELINE#<id> | <order> | no | page |
| executions of a commit, and the pushes it came by | Executions.list_of_commit | commits | Query | COMMIT#<first 7> | <sha># | no | page |
| an environment with its latest deployments | Subjects.find_environment | - | GetItem | ENVIRONMENT#<id> | ENVIRONMENT | yes | 1 |
| an incident | Subjects.find_incident | - | GetItem | INCIDENT#<id> | INCIDENT | yes | 1 |
| a change request | Subjects.find_change_request | - | GetItem | CHANGE_REQUEST#<id> | CHANGE_REQUEST | yes | 1 |
| the commits of an author | Subjects.list_of_author | history | Query | AUTHOR#<name> | <time> | no | page |
| the change requests of a number | Subjects.list_numbered | commits | Query | REQUEST#<number> | <time> | no | page |
| a team's incidents since a time | Subjects.list_incidents | history | Query | INCIDENTS#<team> | <time> | no | incidents since then |
| a team's environments, incidents or change requests, newest first | Subjects.list_of_team | history | Query | ENVIRONMENTS#<team>, INCIDENTS#<team>, CHANGE_REQUESTS#<team> | <time> | no | page |
| the environments of services, of all teams, newest first | Subjects.list_services | commits | Query | SERVICES | <time> | no | 500 |
| how many runners are online | Runners.find | - | GetItem | TEAMS | RUNNERS | no | 1 |
| note how many are | Runners.put | - | TransactWriteItems | TEAMS, CHANGES#<minute> | RUNNERS, <time> | yes | 2 |
| create a connection | Connections.create | - | TransactWriteItems | CONNECTION#<id> | CONNECTION | yes | 2 |
| a connection by id | Connections.find | - | GetItem | CONNECTION#<id> | CONNECTION | yes | 1 |
| what a connection's tool says remains of its calls | Connections.find_quota | - | GetItem | CONNECTION#<id> | QUOTA | no | 1 |
| note what remains | Connections.note_quota | - | PutItem | CONNECTION#<id> | QUOTA | yes | 1 |
| when a connection's events came, its quota, how its repair does | ConnectionStates.find | - | BatchGetItem | CONNECTION#<id> | ACTIVITY, QUOTA, REPAIR, MISSED | no | 4 |
| the same of several connections | ConnectionStates.find_all | - | BatchGetItem | CONNECTION#<id> | ACTIVITY, QUOTA, REPAIR, MISSED | no | 25 connections a call |
| when events of connections came | ConnectionStates.find_activities | - | BatchGetItem | CONNECTION#<id> | ACTIVITY | no | 100 a call |
| note when a connection's events came | ConnectionStates.note_activity | - | GetItem + PutItem | CONNECTION#<id> | ACTIVITY | yes | 1 |
| how far the reading of a connection's past is | Backfills.find | - | GetItem | BACKFILLS | <connection> | yes | 1 |
| of all connections' | Backfills.list_all | - | Query | BACKFILLS | <connection> | yes | 500 |
| note how far it is | Backfills.put | - | TransactWriteItems | BACKFILLS, CONNECTION#<id> | <connection>, PROJECT#<hash> | yes | 2 |
| begin to read a connection's past | Backfills.begin | - | TransactWriteItems | BACKFILLS | <connection> | yes | 2 |
| stop reading it | Backfills.stop | - | TransactWriteItems | BACKFILLS | <connection> | yes | 2 |
| what keeps a connection's runs as its tool has them | Backfills.find_repair | - | GetItem | CONNECTION#<id> | REPAIR | no | 1 |
| note that | Backfills.put_repair | - | PutItem | CONNECTION#<id> | REPAIR | yes | 1 |
| webhooks that a tool could not deliver | Backfills.find_missed | - | GetItem | CONNECTION#<id> | MISSED | no | 1 |
| note those | Backfills.put_missed | - | PutItem | CONNECTION#<id> | MISSED | yes | 1 |
| note a project that runs are listed by | Backfills.put_project | - | PutItem | CONNECTION#<id> | PROJECT#<hash> | yes | 1 |
| such a project | Backfills.find_project | - | GetItem | CONNECTION#<id> | PROJECT#<hash> | yes | 1 |
| all projects of a connection | Backfills.list_projects | - | Query | CONNECTION#<id> | PROJECT# | yes | page of 500 |
| executions whose logs are to be read | Failures.list_wanted | - | Query | WANTED_LOGS | EXECUTION#<id> | yes | 200 |
| try that again later | Failures.put_off | - | PutItem | WANTED_LOGS | EXECUTION#<id> | yes | 1 |
| that was done | Failures.settle | - | DeleteItem | WANTED_LOGS | EXECUTION#<id> | yes | 1 |
| why jobs of an execution failed | Failures.find_all | - | BatchGetItem | FAILURES#<execution> | FAILURE#<place> | yes | 4 |
| why one of them failed | Failures.find | - | GetItem | FAILURES#<execution> | FAILURE#<place> | no | 1 |
| keep why a job failed | Failures.put | - | TransactWriteItems | FAILURES#<execution>, CHANGES#<minute> | FAILURE#<place>, <time> | yes | 2 |
| failures that are the same, newest first | Failures.list_alike | history | Query | FINGERPRINT#<fingerprint> | <time> | no | 100 |
| tell some of them how many there are | Failures.tell_alike | - | BatchGetItem + TransactWriteItems | FAILURES#<execution> | FAILURE#<place> | yes | 20, 2 a call |
| what a job's green run wrote | Failures.find_green_lines | - | GetItem | GREEN_LINES#<pipeline> | JOB#<hash> | no | 1 |
| keep what a job's green run wrote | Failures.put_green_lines | - | PutItem | GREEN_LINES#<pipeline> | JOB#<hash> | yes | 1 |
| all teams' connections of some tools | Connections.list_of_sources | inbox | Query + BatchGetItem | CONNECTIONS, CONNECTION#<id> | <source>#<id>, CONNECTION | no | 1000, and 100 a call |
| keep a connection in that list | Connections.list_anew | - | PutItem | CONNECTION#<id> | CONNECTION | yes | 1 |
| connections by id | Connections.find_all | - | BatchGetItem | CONNECTION#<id> | CONNECTION | yes | 100 a call |
| change a connection | Connections.put | - | TransactWriteItems | CONNECTION#<id> | CONNECTION | yes | 2 |
| note that hooks are made at the tool | Connections.note_hooks | - | TransactWriteItems | CONNECTION#<id> | CONNECTION | yes | 2 |
| note that a test run was sent | Connections.note_test_run | - | TransactWriteItems | CONNECTION#<id> | CONNECTION | yes | 2 |
| remove a connection | Connections.delete | - | TransactWriteItems | CONNECTION#<id> | CONNECTION | yes | 2 |
| a team's first connections | Connections.list_of_team | history | Query | TEAM#<id> | CONNECTION# | no | page |
| a team's connections, page by page | Connections.page_of_team | history | Query | TEAM#<id> | CONNECTION# | no | page |
| how many connections a team has | Connections.count_of_team | history | Query | TEAM#<id> | CONNECTION# | no | 1000 |
| a delivery, to tell a repeat | Deliveries.find | - | GetItem | DELIVERY#<connection>#<key> | DELIVERY | yes | 1 |
| what a replay needs | Deliveries.find_post | - | GetItem | DELIVERY#<connection>#<key> | DELIVERY | yes | 1 |
| a delivery, briefly | Deliveries.find_brief | - | GetItem | DELIVERY#<connection>#<key> | DELIVERY | yes | 1 |
| note that a delivery was replayed | Deliveries.put_replayed | - | TransactWriteItems | DELIVERY#<connection>#<key> | DELIVERY | yes | 2 |
| note a delivery that changed nothing | Deliveries.note | - | PutItem | DELIVERY#<connection>#<key> | DELIVERY | yes | 1 |
| accept a delivery for later, claimed once | Deliveries.accept | - | PutItem | DELIVERY#<connection>#<key> | DELIVERY | yes | 1 |
| a connection's deliveries, newest first | Deliveries.list_of_connection | history | Query | CONNECTION#<id> | <time> | no | page |
| deliveries due to be applied | Deliveries.list_pending | inbox | Query + BatchGetItem | INBOX#<shard> | <time due> | no | 100, in up to 5 pages |
| put back what could not be applied | Deliveries.put_back | - | GetItem + PutItem | DELIVERY#<connection>#<key> | DELIVERY | yes | 1 |
| make it a dead letter | Deliveries.bury | - | GetItem + PutItem | DELIVERY#<connection>#<key> | DELIVERY | yes | 1 |
| a dead letter with its events | Deliveries.find_dead | - | GetItem | DELIVERY#<connection>#<key> | DELIVERY | yes | 1 |
| a connection's dead letters, newest first | Deliveries.list_dead | inbox | Query + BatchGetItem | DEAD#<team> | <connection>#<time> | no | 50 |
| how many dead letters a team's connections have | Deliveries.count_dead | inbox | Query | DEAD#<team> | <connection>#<time> | no | 1000 |
| create a user, e-mail or identity taken once | Users.create | - | TransactWriteItems | USER#<id>, EMAIL#<address> or IDENTITY#<hash>, SETUP | USER, EMAIL or IDENTITY, SETUP | yes | 4 and more |
| users by id | Users.find_all | - | BatchGetItem | USER#<id> | USER | yes | 100 a call |
| a user by id | Users.find | - | GetItem | USER#<id> | USER | yes | 1 |
| a user's id by e-mail | Users.find_id | - | GetItem | EMAIL#<address> | EMAIL | yes | 1 |
| a user's id by what an identity provider says | Users.find_id_of | - | GetItem | IDENTITY#<hash> | IDENTITY | yes | 1 |
| whether anybody exists | Users.any_exists | - | GetItem | SETUP | SETUP | yes | 1 |
| rename a user | Users.rename | - | TransactWriteItems | USER#<id> | USER | yes | 3 |
| a new password, every session ends | Users.set_password | - | Query + TransactWriteItems | USER#<id> | SESSION#, USER | yes | 83 |
| sign out everywhere | Users.end_sessions | - | Query + TransactWriteItems | USER#<id> | SESSION#, USER | yes | 83 |
| sign out everywhere but here | Users.end_other_sessions | - | GetItem + Query + TransactWriteItems | USER#<id> | SESSION#<hash>, SESSION#, USER | yes | 84 |
| make or unmake an administrator, let in or keep out | Users.set_standing | - | GetItem + TransactWriteItems | SETUP, USER#<id> | ADMINISTRATORS, USER | yes | 4 |
| what groups say of somebody | Users.set_groups | - | TransactWriteItems | USER#<id>, TEAM#<id> | USER, MEMBER#<id> | yes | 3 + teams |
| all users | Users.list_all | history | Query | USERS | <time> | no | page |
| give or take a role | Members.set_role | - | TransactWriteItems | USER#<id>, TEAM#<id> | USER, MEMBER#<id> | yes | 4 |
| roles by groups | Members.set_groups | - | TransactWriteItems | USER#<id>, TEAM#<id> | USER, MEMBER#<id> | yes | 3 + teams |
| a new person with roles | Members.create_user | - | TransactWriteItems | USER#<id>, TEAM#<id> | USER, MEMBER#<id> | yes | 4 + teams |
| a team's members | Members.list_of_team | - | Query + BatchGetItem | TEAM#<id>, USER#<id> | MEMBER#, USER | yes | members |
| how many members | Members.count_of_team | - | Query | TEAM#<id> | MEMBER# | yes | members |
| invite | Members.put_invitation | - | TransactWriteItems | TEAM#<id> | INVITATION#<hash> | yes | 2 a team |
| an invitation | Members.find_invitation | - | GetItem | TEAM#<id> | INVITATION#<hash> | yes | 1 |
| a team's invitations | Members.list_invitations | - | Query | TEAM#<id> | INVITATION# | yes | invitations |
| revoke an invitation | Members.revoke_invitation | - | TransactWriteItems | TEAM#<id> | INVITATION#<hash> | yes | 2 a team |
| accept an invitation | Members.accept | - | TransactWriteItems | TEAM#<id>, USER#<id> | INVITATION#<hash>, MEMBER#<id>, USER | yes | 2 + 3 a team |
| accept one as a new person | Members.accept_as_new | - | TransactWriteItems | TEAM#<id>, USER#<id>, EMAIL#<address> | INVITATION#<hash>, MEMBER#<id>, USER, EMAIL | yes | 4 + 2 a team |
| who gets a team's weekly report | ReportReaders.list_of_team | - | Query | TEAM#<id> | MAIL# | yes | 200 |
| whether somebody gets it | ReportReaders.find | - | GetItem | TEAM#<id> | MAIL#<user> | yes | 1 |
| get it from now on | ReportReaders.add | - | TransactWriteItems | TEAM#<id> | MAIL#<user> | yes | 2 |
| note that a week of it is sent | ReportReaders.replace | - | TransactWriteItems | TEAM#<id> | MAIL#<user> | yes | 2 |
| get it no more | ReportReaders.delete | - | TransactWriteItems | TEAM#<id> | MAIL#<user> | yes | 2 |
| somebody's second factors | FactorSets.find | - | GetItem | USER#<id> | FACTORS | yes | 1 |
| somebody with their second factors | FactorSets.find_with_user | - | BatchGetItem | USER#<id> | USER, FACTORS | yes | 2 |
| change somebody's second factors | FactorSets.put | - | TransactWriteItems | USER#<id> | FACTORS, USER | yes | 4 |
| note that a second factor was used | FactorSets.note_use | - | PutItem | USER#<id> | FACTORS | yes | 1 |
| answer a challenge, once | FactorSets.spend | - | PutItem | CHALLENGE#<digest> | CHALLENGE | yes | 1 |
| somebody's saved views and stars | ViewSets.find | - | GetItem | USER#<id> | VIEWS | yes | 1 |
| keep somebody's saved views and stars | ViewSets.put | - | PutItem | USER#<id> | VIEWS | yes | 1 |
| the same, begun again where another window wrote first | ViewSets.change | - | PutItem | USER#<id> | VIEWS | yes | 1; twice two more |
| what is asked of all who sign in | SignInPolicies.find | - | GetItem | SETTINGS | SIGN_IN | yes | 1 |
| change what is asked of all | SignInPolicies.put | - | TransactWriteItems | SETTINGS | SIGN_IN | yes | 2 |
| tell people's open pages to ask again | SignInPolicies.tell | - | TransactWriteItems | CHANGES#<minute> | <time> | yes | 1 |
| what minutes on runners cost | Prices.find | - | GetItem | SETTINGS | PRICES | yes | 1 |
| change what they cost | Prices.put | - | TransactWriteItems | SETTINGS | PRICES | yes | 2 |
| the rules by which new pipelines go to teams | TeamRuleSets.find | - | GetItem | SETTINGS | TEAM_RULES | yes | 1 |
| change those | TeamRuleSets.put | - | TransactWriteItems | SETTINGS | TEAM_RULES | yes | 2 |
| create the team of what no rule fits | Teams.create_unassigned | - | TransactWriteItems | TEAMS, SLUG#<slug>, NAMES, HEALTH | TEAM#<id>, SLUG | yes | 6 |
| what a team or the installation agrees on about stages | StageConventions.find | - | GetItem | TEAM#<id>, SETTINGS | CONVENTIONS | yes | 1 |
| both that count for a team's pipelines | StageConventions.find_inherited | - | BatchGetItem | TEAM#<id>, SETTINGS | CONVENTIONS | yes | 2 |
| change what one agrees on | StageConventions.put | - | TransactWriteItems | TEAM#<id>, SETTINGS, APPLYING | CONVENTIONS, <team or installation> | yes | 3 |
| how far such a change has come | StageConventions.find_progress | - | GetItem | APPLYING | <team or installation> | yes | 1 |
| how far all of them have | StageConventions.list_progress | - | Query | APPLYING | <team or installation> | yes | 500 |
| note how far one has | StageConventions.put_progress | - | PutItem | APPLYING | <team or installation> | yes | 1 |
| open a session | Sessions.put | - | TransactWriteItems | USER#<id> | SESSION#<hash> | yes | 4 |
| end a session | Sessions.delete | - | TransactWriteItems | USER#<id>, CHANGES#<minute> | SESSION#<hash>, <time> | yes | 3 |
| note that a session was used | Sessions.touch | - | GetItem + PutItem | USER#<id> | SESSION#<hash> | yes | 1 |
| somebody's sessions | Sessions.list_of_user | - | Query | USER#<id> | SESSION# | yes | sessions |
| make an API token | Tokens.create | - | TransactWriteItems | TOKEN#<hash>, TEAM#<id> | TOKEN, TOKEN#<hash> | yes | 3 |
| an API token by its hash | Tokens.find | - | GetItem | TOKEN#<hash> | TOKEN | yes | 1 |
| somebody's API tokens | Tokens.list_of_user | history | Query | USER#<id> | <time> | no | 200 |
| API tokens for one team only | Tokens.list_of_team | - | Query | TEAM#<id> | TOKEN# | yes | 200 |
| note that a token was used | Tokens.touch | - | TransactWriteItems | TOKEN#<hash>, TEAM#<id> | TOKEN, TOKEN#<hash> | yes | 2 |
| revoke an API token | Tokens.delete | - | TransactWriteItems | TOKEN#<hash>, TEAM#<id> | TOKEN, TOKEN#<hash> | yes | 3 |
| make a screen link | ScreenLinks.create | - | TransactWriteItems | SCREEN#<hash> | SCREEN | yes | 2 |
| a screen link by its hash | ScreenLinks.find | - | GetItem | SCREEN#<hash> | SCREEN | yes | 1 |
| a team's screen links | ScreenLinks.list_of_team | history | Query | SCREENS#<team or network> | <time> | no | 100 |
| revoke a screen link | ScreenLinks.delete | - | TransactWriteItems | SCREEN#<hash> | SCREEN | yes | 2 |
| count a try under limits | Throttles.take | - | BatchGetItem + TransactWriteItems | THROTTLE#<name>#<hash> | THROTTLE | yes | limits |
| take back a try that was a good one | Throttles.release | - | BatchGetItem + TransactWriteItems | THROTTLE#<name>#<hash> | THROTTLE | yes | limits |
| what is known of the time | Timekeepers.find | - | GetItem | CLOCK | CLOCK | yes | 1 |
| look at the clock | Timekeepers.check | - | GetItem + PutItem | CLOCK | CLOCK | yes | 1 |
| say that the clock is right | Timekeepers.confirm | - | TransactWriteItems | CLOCK | CLOCK | yes | 2 |
| note whose forwarded headers are not believed | Proxies.note | - | PutItem | UNBELIEVED_PROXY | UNBELIEVED_PROXY | yes | 1 |
| whose forwarded headers were not believed | Proxies.find_unbelieved | - | GetItem | UNBELIEVED_PROXY | UNBELIEVED_PROXY | yes | 1 |
| the latest run of each background job | JobRuns.list_all | - | Query | JOB_RUNS | <job> | yes | 100 |
| note a background job's run | JobRuns.note | - | GetItem + PutItem | JOB_RUNS | <job> | yes | 1 |
| take leave to do a job alone | Leases.take | - | GetItem + PutItem | LEASE#<job> | LEASE | yes | 1 |
| renew that leave | Leases.renew | - | PutItem | LEASE#<job> | LEASE | yes | 1 |
| give that leave back | Leases.release | - | PutItem | LEASE#<job> | LEASE | yes | 1 |
| note what was tried and refused | Audit.put_refused | - | PutItem | AUDIT | <time> | yes | 1 |
| the audit log, newest first | Audit.list_all | - | Query | AUDIT | <time> | no | page |
| a team's audit log | Audit.list_of_team | history | Query | AUDIT#<team> | <time> | no | page |
| change notices since a time | Changes.list_since | - | Query | CHANGES#<minute> | <time> | yes | a minute |

A webhook's common case (Recorder.apply) is one BatchGetItem (execution, pipeline, board row, and an environment, incident
or change request where one is spoken of) and one TransactWriteItems (delivery, those, summary, change notice, and of what
ended its fact, STALE_DAYS, <pipeline>#<day>#<execution>; each only where it changed). With the first that a process hears of
a pipeline the team rules are read, too (SETTINGS, TEAM_RULES); where it is new and rules decide, the teams of those that fit in
one more BatchGetItem. The first event of a pipeline reads what its team and the installation agree on besides, and is refused
where that changes meanwhile. FactFolder makes parts of days of facts
(PARTS#<pipeline>, <day>#), puts facts in their places (FACTS#<pipeline>, <day>#) and makes windows of parts (HEALTH, and
behind a team's rows). Whatever people change is
a transaction that also holds its entry in the audit log (AUDIT, <time>), but for their own saved views and stars. What people make of a pipeline
(OverrideWriter.override, set_conventions, take, move), folding one again or naming a team's (Rebuilder.fold, rename),
looking at rules that nobody has saved (RulesPreview) and removing what a
deleted team leaves behind (Removals) take several operations each, bounded by what they touch.
"""

from __future__ import annotations

from dataclasses import dataclass

EXPIRES = "expires"


@dataclass(frozen=True, slots=True)
class Index:
    """A sparse global index: items that carry both key attributes are in it, with the projected ones."""

    name: str
    pk: str
    sk: str
    project: tuple[str, ...]


INDEXES = {
    "history": Index("history", "history_pk", "history_sk", ("summary",)),
    "commits": Index("commits", "commit_pk", "commit_sk", ("summary",)),
    "inbox": Index("inbox", "inbox_pk", "inbox_sk", ()),
}
