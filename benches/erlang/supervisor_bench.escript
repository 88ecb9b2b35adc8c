#!/usr/bin/env escript
%%! +S 2:2 +P 2000000
%% Does the jobs with Erlang's own supervisor (one_for_one). Usage: supervisor_bench.escript JOB N
%%
%% Prints the figure, and nanoseconds of processor time if the job measures time. Runs with two
%% schedulers and without a log, as the Rust contenders run with two workers and without a log.
-mode(compile).
-export([start_child/1, child/1, send/2, init/1, handle_call/3, handle_cast/2]).

%% The longest time for which restarts are counted, in milliseconds.
-define(LONGEST, 1000).

%% The largest number of restarts: each one walks through the list of the restarts in the window,
%% which is at least a second, and so costs more than the one before.
-define(RESTARTS, 1000).

main([Job, Number]) ->
    ok = logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    N = list_to_integer(Number),
    persistent_term:put(stage, {atomics:new(2, []), self()}),
    case job(Job, N) of
        {time, Wall, Cpu} -> io:format("~.3f ~.3f~n", [float(Wall), float(Cpu)]);
        {figure, Figure} -> io:format("~.3f~n", [float(Figure)]);
        unknown -> ok
    end,
    halt(0).

job("start", N) ->
    Since = now_(),
    started(N),
    each(Since, N);
job("memory", N) ->
    Before = resident(),
    started(N),
    {figure, (resident() - Before) / N};
job("stop", N) ->
    Supervisor = started(N),
    Since = now_(),
    Monitor = monitor(process, Supervisor),
    exit(Supervisor, shutdown),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    each(Since, N);
job("restart", N) -> restart(0, N, error);
job("restart-panic", N) -> restart(0, N, panic);
job("restart-among", N) -> restart(N, N, error);
job("message", N) -> messages(1, N);
job("message-from-8", N) -> messages(8, N);
job("ask", N) ->
    Specs = [#{id => server, start => {gen_server, start_link, [?MODULE, server, []]}}],
    {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, Specs}),
    [{server, Server, _, _}] = supervisor:which_children(Supervisor),
    Since = now_(),
    [gen_server:call(Server, question) || _ <- lists:seq(1, N)],
    each(Since, N);
job(_, _) ->
    unknown.

%% ---- children ----

started(N) ->
    expect(N),
    Specs = [spec(Id, wait) || Id <- lists:seq(1, N)],
    {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, Specs}),
    receive all_up -> Supervisor end.

spec(Id, What) ->
    #{id => Id, start => {?MODULE, start_child, [What]}, restart => permanent, shutdown => 5000}.

start_child(What) ->
    {ok, proc_lib:spawn_link(?MODULE, child, [What])}.

child(wait) ->
    enter(),
    receive stop -> ok end;
child(error) ->
    enter(),
    exit(failed);
child(panic) ->
    enter(),
    error(failed);
child({receiver, N}) ->
    receive_all(N),
    {_, Main} = persistent_term:get(stage),
    Main ! all_received,
    receive stop -> ok end.

receive_all(0) -> ok;
receive_all(N) -> receive {message, _} -> receive_all(N - 1) end.

init({supervisor, Specs}) ->
    {ok, {#{strategy => one_for_one, intensity => 1000000000, period => 1}, Specs}};
init(server) ->
    {ok, 0}.

handle_call(question, _From, Asked) -> {reply, Asked + 1, Asked + 1}.
handle_cast(_, Asked) -> {noreply, Asked}.

%% ---- jobs ----

restart(Siblings, N, How) ->
    Failing = Siblings div 2,
    Specs = [spec(Id, case Id of Failing -> How; _ -> wait end) || Id <- lists:seq(0, Siblings)],
    expect(Siblings + min(N, ?RESTARTS) + 1),
    {ok, _} = supervisor:start_link(?MODULE, {supervisor, Specs}),
    Since = now_(),
    Before = lives(),
    receive all_up -> ok after ?LONGEST -> ok end,
    each(Since, lives() - Before).

messages(Producers, N) ->
    Each = N div Producers,
    Specs = [spec(receiver, {receiver, Each * Producers})],
    {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, Specs}),
    [{receiver, Receiver, _, _}] = supervisor:which_children(Supervisor),
    Since = now_(),
    [spawn_link(?MODULE, send, [Receiver, Each]) || _ <- lists:seq(1, Producers)],
    receive all_received -> ok end,
    each(Since, Each * Producers).

send(_, 0) -> ok;
send(Receiver, N) ->
    Receiver ! {message, N},
    send(Receiver, N - 1).

%% ---- stage and clocks ----

expect(N) ->
    {Lives, _} = persistent_term:get(stage),
    atomics:put(Lives, 2, N).

enter() ->
    {Lives, Main} = persistent_term:get(stage),
    case atomics:add_get(Lives, 1, 1) =:= atomics:get(Lives, 2) of
        true -> Main ! all_up;
        false -> ok
    end.

lives() ->
    {Lives, _} = persistent_term:get(stage),
    atomics:get(Lives, 1).

now_() -> {erlang:monotonic_time(nanosecond), cpu()}.

each({Wall, Cpu}, N) ->
    {time, (erlang:monotonic_time(nanosecond) - Wall) / N, (cpu() - Cpu) / N}.

%% Returns the processor time in nanoseconds, with the precision of a millisecond.
cpu() ->
    {Total, _} = erlang:statistics(runtime),
    Total * 1000000.

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:split(Text, " ", all),
    binary_to_integer(Pages) * 4096.
