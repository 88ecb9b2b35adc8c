%% What happened in a scenario, and in which order.
%%
%% Starts are recorded by the supervisor that starts, stops come from the emulator's trace
%% of the exiting process. Both carry a strictly monotonic integer, and the trace's is drawn
%% before anybody is told of the exit, so the order is that of cause and effect on any
%% number of schedulers. (A monitor's message could overtake nothing but itself.)
-module(otp_recorder).

-export([new/1, trace_me/1, next_start/2, next_worker/2, comes_from/3, outcome/3]).
-export([started/5, not_started/4]).
-export([pid/2, who/2, is_running/3, live_supervisors/1, supervisors/1, running/1, version/1]).
-export([take_events/1, end_of/2, kill_all/1]).

%% The calling process becomes the tracer.
new(Deviations) ->
    #{table => ets:new(?MODULE, [public]), tracer => self(), deviations => Deviations}.

trace_me(Tracer) ->
    erlang:trace(self(), true, [procs, strict_monotonic_timestamp, {tracer, Tracer}]).

%% The number of the attempt to start what stands at `Path`, from 1, over the whole scenario.
%% (An attempt that is killed with its supervisor is not recorded, and has no number.)
next_start(#{table := Table}, Path) ->
    case ets:lookup(Table, {starts, Path}) of
        [{_, Starts}] -> Starts + 1;
        [] -> 1
    end.

%% Numbers the workers of the pool at `Path`, from 1, over all its restarts.
next_worker(#{table := Table}, Path) ->
    [{_, Origin}] = ets:lookup(Table, {origin, Path}),
    Key = {workers, Path, Origin},
    ets:update_counter(Table, Key, 1, {Key, 0}).

%% From which specification comes what stands at `Path`.
comes_from(#{table := Table}, Path, Origin) ->
    ets:insert(Table, {{origin, Path}, Origin}).

%% What the next start made from this specification shall do; the last entry repeats.
outcome(#{table := Table}, Spec, Outcomes) ->
    Attempt = ets:update_counter(Table, {attempts, Spec}, 1, {{attempts, Spec}, 0}),
    lists:nth(min(Attempt, length(Outcomes)), Outcomes).

started(#{table := Table}, Kind, Path, N, Pid) ->
    ets:insert(Table, [
        {{starts, Path}, N},
        {{event, stamp()}, {start, Path, N}},
        {{pid, Pid}, Kind, Path, N},
        {{at, Path}, Pid}
    ]).

%% A start that failed (`fail`) or declined (`decline`).
not_started(#{table := Table} = Ctx, How, Path, N) ->
    How =:= decline andalso otp_address:declined(Ctx, Path),
    ets:insert(Table, [{{starts, Path}, N}, {{event, stamp()}, {How, Path, N}}]).

stamp() -> erlang:unique_integer([monotonic]).

%% The process that stands, or stood last, at `Path`.
pid(#{table := Table}, Path) ->
    case ets:lookup(Table, {at, Path}) of
        [{_, Pid}] -> Pid;
        [] -> undefined
    end.

%% What a process is: `{Kind, Path, StartNumber}`.
who(#{table := Table}, Pid) ->
    [{_, Kind, Path, N}] = ets:lookup(Table, {pid, Pid}),
    {Kind, Path, N}.

%% Whether a `worker` or a `supervisor` runs at `Path`.
is_running(Ctx, Kind, Path) ->
    case pid(Ctx, Path) of
        undefined -> false;
        Pid -> element(1, who(Ctx, Pid)) =:= Kind andalso is_process_alive(Pid)
    end.

live_supervisors(#{table := Table}) ->
    [Pid || [Pid] <- ets:match(Table, {{pid, '$1'}, supervisor, '_', '_'}), is_process_alive(Pid)].

%% The paths of all supervisors that ever ran.
supervisors(#{table := Table}) ->
    lists:usort([Path || [Path] <- ets:match(Table, {{pid, '_'}, supervisor, '$1', '_'})]).

%% The workers that run: `{Path, StartNumber}`, sorted.
running(#{table := Table}) ->
    Workers = ets:match(Table, {{pid, '$1'}, worker, '$2', '$3'}),
    lists:sort([{Path, N} || [Pid, Path, N] <- Workers, is_process_alive(Pid)]).

%% Changes with everything that happens.
version(#{table := Table} = Ctx) ->
    {ets:info(Table, size), length(live_supervisors(Ctx)), length(running(Ctx))}.

%% What happened since the last call, in order.
take_events(#{table := Table} = Ctx) ->
    Ref = erlang:trace_delivered(all),
    receive {trace_delivered, all, Ref} -> ok end,
    collect_exits(Ctx),
    Events = lists:keysort(1, ets:match_object(Table, {{event, '_'}, '_'})),
    ets:match_delete(Table, {{event, '_'}, '_'}),
    [Event || {_, Event} <- Events].

collect_exits(#{table := Table} = Ctx) ->
    receive
        {trace_ts, Pid, exit, Reason, {_, Stamp}} ->
            %% A supervisor whose start failed was never recorded: it has no stop either.
            case ets:lookup(Table, {pid, Pid}) of
                [{_, Kind, Path, N}] ->
                    ets:insert(Table, {{event, Stamp}, {stop, Path, N, class(Reason)}}),
                    Kind =:= supervisor andalso ets:insert(Table, {{ended, Path}, class(Reason)});
                [] ->
                    ok
            end,
            collect_exits(Ctx);
        Traced when element(1, Traced) =:= trace_ts ->
            collect_exits(Ctx)
    after 0 ->
        ok
    end.

%% Why the supervisor at `Path` ended, the last time it did.
end_of(#{table := Table}, Path) ->
    [{_, Class}] = ets:lookup(Table, {ended, Path}),
    Class.

class(normal) -> normal;
class(shutdown) -> shutdown;
class({shutdown, _}) -> shutdown;
class(killed) -> killed;
class(escalated) -> escalated;
class(_) -> failed.

%% Kills what still runs. (What is linked to the runner takes it along.)
kill_all(#{table := Table}) ->
    Lives = ets:match(Table, {{life, '_'}, '$1', '_', '_'}),
    Supervisors = ets:match(Table, {{supervises, '_'}, '$1', '_'}),
    [exit(Pid, kill) || [Pid] <- Lives ++ Supervisors].
