%% Runs one scenario and says, after each step, what could be seen once all was quiet.
-module(otp_scenario).

-export([run/2, request/4, supervisor_of/1]).

%% Calls `Emit` with the trace of each step, in order. The calling process becomes the
%% parent of the root supervisor; the trace ends with the step in which the root ended.
run(Scenario, Emit) ->
    process_flag(trap_exit, true),
    otp_format:check(Scenario),
    #{<<"name">> := Name, <<"tree">> := Tree} = Scenario,
    Deviations = [binary_to_atom(D) || D <- maps:get(<<"deviations">>, Scenario, [])],
    Ctx = otp_recorder:new(Deviations),
    case Scenario of
        #{<<"timeline">> := Timeline} ->
            Ran = otp_timeline:run(Ctx, Tree, Timeline),
            {Trace, _} = otp_trace:after_timeline(Ctx, Name, Ran, otp_trace:nothing_seen()),
            Emit(Trace),
            otp_recorder:kill_all(Ctx);
        _ ->
            script(Ctx, Emit, Name, Tree, maps:get(<<"script">>, Scenario, []))
    end.

script(Ctx, Emit, Name, Tree, Script) ->
    Started = otp_reply:start(otp_tree:start_supervisor(Ctx, <<>>, 0, Tree)),
    Seen = emit(Ctx, Emit, Name, 0, Started, otp_trace:nothing_seen()),
    steps(Ctx, Emit, Name, 1, Script, Seen).

steps(Ctx, Emit, Name, N, [Step | Steps], Seen) ->
    case otp_recorder:is_running(Ctx, supervisor, <<>>) of
        true ->
            Reply = step(Ctx, N, Step),
            steps(Ctx, Emit, Name, N + 1, Steps, emit(Ctx, Emit, Name, N, Reply, Seen));
        false ->
            ok
    end;
steps(Ctx, _, _, _, [], _) ->
    %% A script need not end its tree.
    case otp_recorder:pid(Ctx, <<>>) of
        undefined -> ok;
        Root -> unlink(Root), exit(Root, kill)
    end.

emit(Ctx, Emit, Name, N, Reply, Seen) ->
    quiet(Ctx),
    {Trace, NowSeen} = otp_trace:after_step(Ctx, Name, N, Reply, Seen),
    Emit(Trace),
    NowSeen.

%% Waits until nothing can happen any more without another step.
%%
%% A supervisor that answers has done all that was asked of it before. If everything it is
%% linked to lives and its mailbox is empty, there is no exit, no request and no second attempt
%% on the way to it; so it stays idle unless another supervisor acts. It may have begun with
%% one right after its answer, though, and wait for a child to come up: that is finished, and
%% recorded, before it answers again. So when all were idle twice, and nothing was recorded in
%% between, all is quiet.
quiet(Ctx) -> quiet(Ctx, busy).

quiet(Ctx, LastIdle) ->
    Idle = [is_idle(Pid) || Pid <- otp_recorder:live_supervisors(Ctx)],
    case lists:all(fun(I) -> I end, Idle) of
        false -> quiet(Ctx, busy);
        true ->
            case otp_recorder:version(Ctx) of
                LastIdle -> ok;
                Version -> quiet(Ctx, Version)
            end
    end.

is_idle(Pid) ->
    try
        has_heard_all(Pid) andalso is_list(supervisor:which_children(Pid)) andalso has_heard_all(Pid)
    catch
        _:_ -> false
    end.

has_heard_all(Pid) ->
    [{links, Links}, {message_queue_len, Queued}] = process_info(Pid, [links, message_queue_len]),
    Queued =:= 0 andalso lists:all(fun is_process_alive/1, Links).

step(Ctx, N, #{<<"do">> := <<"at_once">>, <<"steps">> := Steps}) ->
    at_once(Ctx, N, Steps);
step(Ctx, _, #{<<"do">> := <<"shutdown">>}) ->
    exit(otp_recorder:pid(Ctx, <<>>), shutdown),
    {ok, done};
step(Ctx, _, #{<<"do">> := <<"end">>} = Step) ->
    end_child(Ctx, Step);
step(Ctx, N, Step) ->
    request(Ctx, N, Step, fun otp_reply:call/1).

%% Ends a worker, and waits until it is dead.
end_child(Ctx, #{<<"child">> := Path, <<"how">> := How}) ->
    case otp_recorder:is_running(Ctx, worker, Path) of
        true ->
            Child = otp_recorder:pid(Ctx, Path),
            Monitor = monitor(process, Child),
            case How of
                <<"killed">> -> exit(Child, kill);
                _ -> otp_child:finish(Child, binary_to_atom(How))
            end,
            receive {'DOWN', Monitor, process, Child, _} -> {ok, done} end;
        false ->
            {skipped, not_running}
    end.

%% Hands a request to `Request`, as a function that makes it.
request(Ctx, N, #{<<"do">> := Do} = Step, Request) ->
    Path = supervisor_of(Step),
    case otp_recorder:is_running(Ctx, supervisor, Path) andalso has_id(Ctx, Step) of
        true ->
            Pid = otp_recorder:pid(Ctx, Path),
            Request(call(Ctx, N, Do, Step, Pid, Path));
        false ->
            {skipped, not_running}
    end.

%% The supervisor which a step concerns.
supervisor_of(#{<<"do">> := <<"shutdown">>}) -> <<>>;
supervisor_of(#{<<"supervisor">> := <<"/">>}) -> <<>>;
supervisor_of(#{<<"supervisor">> := Path}) -> Path;
supervisor_of(#{<<"child">> := Path}) -> element(1, parent(Path)).

parent(Path) ->
    case string:split(Path, "/", trailing) of
        [Name] -> {<<>>, Name};
        [Parent, Name] -> {Parent, Name}
    end.

call(Ctx, N, <<"add_child">>, #{<<"spec">> := Child}, Pid, Path) ->
    fun() -> otp_reply:start(otp_tree:add_child(Ctx, Pid, Path, N, Child)) end;
call(Ctx, N, <<"add_worker">>, Step, Pid, Path) ->
    Number = otp_recorder:next_worker(Ctx, Path),
    Overrides = maps:with([<<"starts">>, <<"on_shutdown">>], Step),
    fun() -> otp_reply:start(otp_tree:add_worker(Ctx, Pid, Number, N, Overrides)) end;
call(Ctx, _, <<"which_children">>, _, Pid, _) ->
    fun() -> {ok, otp_reply:which_children(Ctx, supervisor:which_children(Pid))} end;
call(_, _, <<"count_children">>, _, Pid, _) ->
    fun() -> {ok, otp_reply:count_children(supervisor:count_children(Pid))} end;
call(Ctx, _, Do, #{<<"child">> := Path}, Pid, _) ->
    Id = id(Ctx, Path),
    case Do of
        <<"terminate_child">> ->
            fun() -> otp_reply:done(supervisor:terminate_child(Pid, Id)) end;
        <<"delete_child">> ->
            fun() -> otp_reply:done(supervisor:delete_child(Pid, Id)) end;
        <<"restart_child">> ->
            fun() -> otp_reply:start(supervisor:restart_child(Pid, Id)) end;
        <<"child_spec">> ->
            {_, Name} = parent(Path),
            fun() -> otp_reply:child_spec(Name, supervisor:get_childspec(Pid, Id)) end
    end.

%% What OTP calls a child: its name, or the pid of a simple_one_for_one worker.
id(Ctx, Path) ->
    case parent(Path) of
        {_, <<$#, _/binary>>} -> otp_recorder:pid(Ctx, Path);
        {_, Name} -> Name
    end.

%% A worker of a pool that never started has no pid to be named by.
has_id(Ctx, #{<<"child">> := Path}) -> id(Ctx, Path) =/= undefined;
has_id(_, _) -> true.

%% Several things at the same moment: they stand in the supervisor's mailbox, in the order
%% of the script, before it sees the first.
at_once(Ctx, N, Steps) ->
    [Path] = lists:usort([supervisor_of(Step) || Step <- Steps]),
    case otp_recorder:is_running(Ctx, supervisor, Path) of
        true ->
            Supervisor = otp_recorder:pid(Ctx, Path),
            erlang:suspend_process(Supervisor),
            Pending = [queue(Ctx, N, Step, Supervisor) || Step <- Steps],
            erlang:resume_process(Supervisor),
            {each, [reply(P) || P <- Pending]};
        false ->
            {skipped, not_running}
    end.

queue(Ctx, _, #{<<"do">> := <<"end">>} = Step, Supervisor) ->
    Reply = end_child(Ctx, Step),
    Child = otp_recorder:pid(Ctx, maps:get(<<"child">>, Step)),
    Reply =:= {ok, done} andalso await(fun() ->
        {links, Links} = process_info(Supervisor, links),
        not lists:member(Child, Links)
    end),
    Reply;
queue(_, _, #{<<"do">> := <<"shutdown">>}, Supervisor) ->
    await_queued(Supervisor, fun() -> exit(Supervisor, shutdown), {ok, done} end);
queue(Ctx, N, Step, Supervisor) ->
    request(Ctx, N, Step, fun(Call) ->
        await_queued(Supervisor, fun() ->
            {_, Monitor} = spawn_monitor(fun() -> exit({replied, otp_reply:call(Call)}) end),
            {pending, Monitor}
        end)
    end).

%% Does something that puts a message into a mailbox, and waits until it is there.
await_queued(Pid, Do) ->
    Queued = queued(Pid),
    Result = Do(),
    await(fun() -> queued(Pid) > Queued end),
    Result.

reply({pending, Monitor}) ->
    receive {'DOWN', Monitor, process, _, {replied, Reply}} -> Reply end;
reply(Reply) ->
    Reply.

queued(Pid) -> element(2, process_info(Pid, message_queue_len)).

await(Condition) -> Condition() orelse begin erlang:yield(), await(Condition) end.
