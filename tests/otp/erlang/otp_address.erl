%% The addresses of the library under test, over OTP's processes.
%%
%% A message to an address is kept until a life of the child takes it, and refused once no life
%% follows. Who lives, who can take a message, and what a supervisor is about to do, is read off
%% OTP: its processes, its answers, and what a busy supervisor is doing (its stack).
-module(otp_address).

-export([declare/3, is_tried/2, declined/2, supervises/3, begins/3, is/3, life/2, alive/3, below/2]).
-export([ask/5, send/3, got/3, resolve/1, timed_out/2, is_overtaken/1, is_going_down/2, is_asked_to_stop/2]).
-export([next_moment/1, is_up/2, note_ends/2, stops_by_itself/2, say/2, take_said/1, note_fates/1, are_up/2, is_down/2, comes_up/1]).

%% The calling process supervises the children at `Path`.
supervises(#{table := Table}, Path, Strategy) ->
    ets:delete(Table, {over, Path}),
    ets:delete(Table, {gives_up, Path}),
    ets:insert(Table, {{supervises, Path}, self(), Strategy}).

%% Notes the specifications below `Path`.
declare(#{table := Table} = Ctx, Path, Children) ->
    lists:foreach(
        fun(#{<<"name">> := Name} = Child) ->
            Below = otp_tree:path(Path, Name),
            ets:insert(Table, {{spec, Below}, maps:get(<<"policy">>, Child, <<"Always">>)}),
            case Child of
                #{<<"supervisor">> := Supervisor} ->
                    declare(Ctx, Below, maps:get(<<"children">>, Supervisor, []));
                _ ->
                    ok
            end
        end,
        Children).

%% The calling supervisor, which comes up, may have something to do already: then it acts at the
%% same time as its parent, which goes on.
comes_up({#{timeline := true, table := Table}, Path, _, _}) when Path =/= <<>> ->
    {message_queue_len, Length} = process_info(self(), message_queue_len),
    Length > 0 andalso ets:insert(Table, {race});
comes_up(_) ->
    ok.

%% The calling supervisor ends, because it gives up, or because its significant children have ended.
stops_by_itself({#{timeline := true, table := Table}, Path, _, _}, GivesUp) ->
    ets:insert(Table, {{gives_up, Path}, GivesUp});
stops_by_itself(_, _) ->
    ok.

%% Of the children of a supervisor that waits for its next message, these are up, or about to be
%% found dead, or about to be started: the others are down.
are_up({#{timeline := true, table := Table}, Above, _, Supervisor}, Ids) ->
    Names = [Name || #{<<"name">> := Name} <- maps:get(<<"children">>, Supervisor, [])],
    [is_over(Table, otp_tree:path(Above, Name)) || Name <- Names -- Ids];
are_up(_, _) ->
    ok.

%% This child of a supervisor was terminated or deleted by hand, or could not be started by hand.
is_down({#{timeline := true, table := Table}, Above, _, _}, Name) ->
    is_over(Table, otp_tree:path(Above, Name));
is_down(_, _) ->
    ok.

%% No life follows at `Path`, or below it: what was in the mailboxes is lost.
is_over(Table, Path) ->
    Below = [P || [P] <- ets:match(Table, {{spec, '$1'}, '_'}), is_below(P, Path)],
    [ets:update_element(Table, {request, Seq}, {5, lost})
     || P <- [Path | Below], ets:insert_new(Table, {{over, P}}), Seq <- queued(Table, P)].

is_below(Path, Above) -> string:prefix(Path, <<Above/binary, $/>>) =/= nomatch.

%% A start at `Path` is tried.
is_tried(#{table := Table}, Path) -> ets:delete(Table, {over, Path}).

%% The start at `Path` has declined: no life is to come.
declined(#{table := Table}, Path) -> is_over(Table, Path).

%% The calling process is the life of the worker at `Path`, the `N`th that was started.
begins(#{table := Table}, Path, N) ->
    ets:insert(Table, {{life, Path}, self(), N, starting}).

%% The state of the calling life: `up` takes messages, `deaf` and `stopping` do not.
is(#{table := Table}, Path, State) ->
    ets:update_element(Table, {life, Path}, {4, State}).

%% The calling life is up. It takes what waits in its mailbox before its supervisor, or anybody else,
%% does anything more.
is_up(#{table := Table} = Ctx, {Path, _} = Life) ->
    is(Ctx, Path, up),
    lists:foreach(fun(Seq) -> take(Ctx, Seq, Life) end, queued(Table, Path)).

%% If another waits for the answer in its start or its clean-up, both go on at the same time, and with
%% them their supervisors.
take(#{table := Table} = Ctx, Seq, Life) ->
    [{_, _, _, What, _}] = ets:lookup(Table, {request, Seq}),
    is_awaited(Ctx, What) andalso ets:insert(Table, {race}),
    got(Ctx, Seq, Life).

is_awaited(Ctx, {ask, {_, _, State}, false, waiting} = What) when State =:= starting; State =:= stopping ->
    is_waiting(Ctx, What);
is_awaited(_, _) ->
    false.

queued(Table, Path) ->
    lists:sort([Seq || [Seq] <- ets:match(Table, {{request, '$1'}, '_', Path, '_', queued})]).

%% The life at `Path`: `{Pid, N, State}`, or `none`.
life(#{table := Table}, Path) ->
    case ets:lookup(Table, {life, Path}) of
        [{_, Pid, N, State}] ->
            case is_process_alive(Pid) of true -> {Pid, N, State}; false -> none end;
        [] ->
            none
    end.

supervisor_at(#{table := Table}, Path) ->
    case ets:lookup(Table, {supervises, Path}) of
        [{_, Pid, _}] -> case is_process_alive(Pid) of true -> Pid; false -> none end;
        [] -> none
    end.

%% The process at `Path`, if it lives.
alive(Ctx, worker, Path) ->
    case life(Ctx, Path) of {Pid, _, _} -> Pid; none -> none end;
alive(Ctx, supervisor, Path) ->
    supervisor_at(Ctx, Path).

%% The processes that live below `Path`.
below(#{table := Table}, Path) ->
    All = [{P, Pid} || [P, Pid] <- ets:match(Table, {{life, '$1'}, '$2', '_', '_'})]
        ++ [{P, Pid} || [P, Pid] <- ets:match(Table, {{supervises, '$1'}, '$2', '_'})],
    [Pid || {P, Pid} <- All, is_process_alive(Pid), is_below(P, Path)].

%% Asks, for `Asker`: `outside`, or `{Path, Pid, State}` as long as that life is in this state. A
%% process that waits for the outcome gets `{outcome, Id}`.
ask(Ctx, Id, Asker, To, #{within := Within, keep := Keep}) ->
    Seq = put_request(Ctx, Id, {ask, Asker, Keep, waiting}, To),
    otp_clock:set(Ctx, Id, Within, {timeout, Seq}).

send(Ctx, Id, To) -> put_request(Ctx, Id, send, To).

put_request(#{table := Table}, Id, What, To) ->
    Seq = erlang:unique_integer([monotonic]),
    is_held_up(What) andalso ets:insert(Table, {is_asked}),
    ets:insert(Table, {{request, Seq}, Id, To, What, new}),
    Seq.

%% The calling life has received a message.
got(#{table := Table} = Ctx, Seq, {Path, N}) ->
    [{_, Id, _, What, _}] = ets:lookup(Table, {request, Seq}),
    say(Ctx, [Id, " got ", life_name(Path, N)]),
    case What of
        {ask, _, false, _} -> ets:update_element(Table, {request, Seq}, {5, {answered, Path, N}});
        {ask, _, true, _} -> ets:update_element(Table, {request, Seq}, {5, {kept, self()}});
        send -> ets:delete(Table, {request, Seq})
    end.

life_name(Path, N) -> [Path, $@, integer_to_binary(N)].

say(Ctx, Line) -> say(Ctx, outside, Line).

say(#{table := Table}, By, Line) ->
    Key = {said, erlang:unique_integer([monotonic])},
    ets:insert(Table, {Key, By, iolist_to_binary(Line)}).

%% What was said since the last time. What a life has learned as it was stopped or ended is not
%% told.
take_said(#{table := Table} = Ctx) ->
    Said = ets:match(Table, {{said, '_'}, '$1', '$2'}),
    ets:match_delete(Table, {{said, '_'}, '_', '_'}),
    lists:sort([Line || [By, Line] <- Said, is_told(Ctx, By)]).

is_told(Ctx, {Path, Pid, State}) when State =:= up; State =:= deaf ->
    case life(Ctx, Path) of {Pid, _, State} -> true; _ -> false end;
is_told(_, _) ->
    true.

%% Does what can be done with the requests. Returns whether there was anything.
resolve(#{table := Table} = Ctx) ->
    Requests = lists:sort(ets:match(Table, {{request, '$1'}, '_', '_', '_', '_'})),
    Any = lists:foldl(fun([Seq], Any) -> resolve_one(Ctx, Seq) orelse Any end, false, Requests),
    %% Only now does anybody hear of it: all was looked at in one state.
    deliver_posts(Ctx),
    Any.

deliver_posts(#{table := Table}) ->
    Posts = lists:sort(ets:match_object(Table, {{post, '_'}, '_', '_'})),
    [begin ets:delete(Table, Key), Pid ! Message end || {Key, Pid, Message} <- Posts].

post(#{table := Table}, Pid, Message) ->
    ets:insert(Table, {{post, erlang:unique_integer([monotonic])}, Pid, Message}).

resolve_one(#{table := Table} = Ctx, Seq) ->
    [Request] = ets:lookup(Table, {request, Seq}),
    resolve(Ctx, Request).

resolve(#{table := Table} = Ctx, {{request, Seq}, Id, To, What, Stage}) ->
    Waits = is_waiting(Ctx, What),
    case Stage of
        _ when Stage =:= new; Stage =:= queued ->
            case life(Ctx, To) of
                {Pid, _, up} ->
                    ets:update_element(Table, {request, Seq}, {5, delivered}),
                    post(Ctx, Pid, {message, Seq}),
                    true;
                {_, _, _} ->
                    ets:update_element(Table, {request, Seq}, {5, queued}),
                    false;
                none ->
                    %% Who is being stopped does not wait for one who was stopped.
                    Hopeless = Stage =:= new andalso is_stopping(What) andalso
                        (was_tried(Ctx, To) orelse was_stopped(Ctx, above(To))),
                    case fate(Ctx, To) =:= over orelse Hopeless of
                        true -> refused(Ctx, Seq, Id, What, Waits, Stage), true;
                        false -> ets:update_element(Table, {request, Seq}, {5, queued}), false
                    end
            end;
        lost ->
            refused(Ctx, Seq, Id, What, Waits, queued),
            true;
        delivered ->
            false;
        {answered, Path, N} ->
            outcome(Ctx, Seq, Id, What, Waits, ["answered ", life_name(Path, N)], new),
            true;
        {kept, Pid} ->
            case is_process_alive(Pid) of
                true -> false;
                false -> outcome(Ctx, Seq, Id, What, Waits, "no_reply", kept), true
            end
    end.

%% Whether a start at `Path` was ever tried.
was_tried(#{table := Table}, Path) ->
    ets:member(Table, {life, Path}) orelse ets:member(Table, {starts, Path}).

%% Whether the supervisor at `Path` has ended or stops.
was_stopped(Ctx, Path) ->
    case supervisor_at(Ctx, Path) of
        none -> was_tried(Ctx, Path);
        _ -> is_going_down(Ctx, Path)
    end.

%% A new message goes back to its sender; of one that was in the mailbox, only an asker hears.
refused(Ctx, Seq, Id, send, _, Stage) ->
    Stage =:= new andalso say(Ctx, [Id, " refused"]),
    forget(Ctx, Seq);
refused(Ctx, Seq, Id, What, Waits, new) ->
    outcome(Ctx, Seq, Id, What, Waits, "not_running", new);
refused(Ctx, Seq, Id, What, Waits, queued) ->
    outcome(Ctx, Seq, Id, What, Waits, "no_reply", queued).

outcome(#{table := Table} = Ctx, Seq, Id, {ask, Asker, _, _} = What, Waits, Outcome, Stage) ->
    Waits andalso begin
        Stage =/= new andalso is_held_up(What) andalso ets:insert(Table, {two_go_on}),
        otp_clock:cancel(Ctx, {timeout, Seq}),
        say(Ctx, Asker, [Id, $\s, Outcome]),
        tell(Ctx, Asker, Id)
    end,
    forget(Ctx, Seq).

tell(Ctx, {_, Pid, State}, Id) when State =:= starting; State =:= stopping ->
    post(Ctx, Pid, {outcome, Id});
tell(_, _, _) ->
    ok.

forget(#{table := Table}, Seq) -> ets:delete(Table, {request, Seq}).

is_waiting(_, send) -> false;
is_waiting(_, {ask, _, _, given_up}) -> false;
is_waiting(_, {ask, outside, _, waiting}) -> true;
is_waiting(Ctx, {ask, {Path, Pid, State}, _, waiting}) ->
    case life(Ctx, Path) of {Pid, _, State} -> true; _ -> false end.

%% Whether the asker waits in its start or its clean-up, and its supervisor for it.
is_held_up({ask, {_, _, State}, _, _}) -> State =:= starting orelse State =:= stopping;
is_held_up(_) -> false.

is_stopping({ask, {_, _, stopping}, _, _}) -> true;
is_stopping(_) -> false.

%% An ask whose time is over: nobody waits for its outcome any more.
timed_out(#{table := Table} = Ctx, Seq) ->
    case ets:lookup(Table, {request, Seq}) of
        [{_, Id, _, {ask, Asker, Keep, waiting} = What, _}] ->
            is_waiting(Ctx, What) andalso begin
                say(Ctx, Asker, [Id, " timeout"]),
                tell(Ctx, Asker, Id)
            end,
            ets:update_element(Table, {request, Seq}, {4, {ask, Asker, Keep, given_up}}),
            deliver_posts(Ctx);
        [] ->
            ok
    end.

%% Whether a life of what is down at `Path` is to come: `comes`, or `over`. What is over stays so
%% until a life begins.
fate(#{table := Table} = Ctx, Path) ->
    case ets:member(Table, {over, Path}) orelse not is_declared(Ctx, Path) of
        true -> over;
        false ->
            Fate = by_parent(Ctx, Path),
            Fate =:= over andalso ets:insert(Table, {{over, Path}}),
            Fate
    end.

%% Notes whose lives are over, from what all supervisors do at this moment.
note_fates(#{table := Table} = Ctx) ->
    [fate(Ctx, Path) || [Path] <- ets:match(Table, {{spec, '$1'}, '_'}), not lives(Ctx, Path)].

%% Notes whose lives will be over once all below `Path` has been killed: those whose supervisors were
%% stopping for good already.
note_ends(#{table := Table} = Ctx, Path) ->
    Below = [P || [P] <- ets:match(Table, {{spec, '$1'}, '_'}), is_below(P, Path), life(Ctx, P) =/= none],
    [is_over(Table, P) || P <- Below, is_last(Ctx, above(P))].

is_last(Ctx, Supervisor) ->
    case supervisor_at(Ctx, Supervisor) of
        none -> false;
        Pid -> doing(Pid) =:= stopping andalso returns(Ctx, Supervisor) =:= over
    end.

lives(Ctx, Path) ->
    alive(Ctx, worker, Path) =/= none orelse alive(Ctx, supervisor, Path) =/= none.

is_declared(#{table := Table}, Path) -> Path =:= <<>> orelse ets:member(Table, {spec, Path}).

by_parent(_, <<>>) ->
    over;
by_parent(Ctx, Path) ->
    Above = above(Path),
    case supervisor_at(Ctx, Above) of
        none -> fate(Ctx, Above);
        Pid ->
            case {doing(Pid), is_unread(Ctx, Pid, Path)} of
                {idle, _} -> listed(Pid, Path);
                {stopping, _} -> returns(Ctx, Above);
                {_, true} -> returns_by_itself(Ctx, Path);
                {starting, _} -> comes;
                {restarting, _} -> unless_temporary(Ctx, Path);
                {command, _} -> case is_tried_again(Pid) of true -> unless_temporary(Ctx, Path); false -> over end
            end
    end.

listed(Pid, Path) ->
    [Name | _] = lists:reverse(binary:split(Path, <<"/">>, [global])),
    case lists:keyfind(Name, 1, supervisor:which_children(Pid)) of
        {_, restarting, _, _} -> comes;
        _ -> over
    end.

%% Whether another attempt to start a child is on its way.
is_tried_again(Supervisor) ->
    {messages, Messages} = process_info(Supervisor, messages),
    lists:any(fun({'$gen_cast', {try_again_restart, _}}) -> true; (_) -> false end, Messages).

%% Whether the busy supervisor has not read yet that this child has ended.
is_unread(#{table := Table}, Supervisor, Path) ->
    {messages, Messages} = process_info(Supervisor, messages),
    Pids = [Pid || {_, Pid, _, _} <- ets:lookup(Table, {life, Path})]
        ++ [Pid || {_, Pid, _} <- ets:lookup(Table, {supervises, Path})],
    lists:any(fun({'EXIT', Pid, _}) -> lists:member(Pid, Pids); (_) -> false end, Messages).

unless_temporary(#{table := Table}, Path) ->
    case ets:lookup(Table, {spec, Path}) of
        [{_, <<"Temporary">>}] -> over;
        _ -> comes
    end.

%% Whether the supervisor at `Path`, which is stopping its children, is started again.
returns(_, <<>>) ->
    over;
returns(Ctx, Path) ->
    Above = above(Path),
    Pid = supervisor_at(Ctx, Path),
    case supervisor_at(Ctx, Above) of
        none -> over;
        Parent ->
            {monitors, Monitors} = process_info(Parent, monitors),
            IsAsked = lists:member({process, Pid}, Monitors),
            IsStarting = is_starting(Pid),
            case doing(Parent) of
                %% A start that fails is a matter of who asked for it.
                _ when not IsAsked, IsStarting -> comes;
                stopping when IsAsked -> returns(Ctx, Above);
                command when IsAsked -> over;
                _ when IsAsked -> unless_temporary(Ctx, Path);
                _ -> returns_by_itself(Ctx, Path)
            end
    end.

%% Whether a child that ends by itself may be started again.
returns_by_itself(#{table := Table} = Ctx, Path) ->
    case {ets:lookup(Table, {spec, Path}), ets:lookup(Table, {gives_up, Path})} of
        {[{_, <<"Transient">>}], [{_, false}]} -> over;
        _ -> unless_temporary(Ctx, Path)
    end.

above(Path) ->
    case string:split(Path, "/", trailing) of
        [_] -> <<>>;
        [Above, _] -> Above
    end.

%% What a supervisor is doing: `idle`, `starting` its children for the first time, `restarting`
%% some, carrying out a `command`, or `stopping` all of them for good.
doing(Pid) ->
    case process_info(Pid, current_stacktrace) of
        undefined ->
            stopping;
        {_, Stack} ->
            Functions = [{F, A} || {M, F, A, _} <- Stack, M =:= supervisor orelse M =:= gen_server],
            Is = fun(F, A) -> lists:member({F, A}, Functions) end,
            StopsAll = Is(terminate_children, 2) orelse Is(terminate_dynamic_children, 1),
            case Is(loop, 7) of
                true -> idle;
                false ->
                    case {Is(try_terminate, 3), Is(init_it, 6), Is(try_handle_call, 4)} of
                        {true, _, _} -> stopping;
                        {_, true, _} when StopsAll -> stopping;
                        {_, true, _} -> starting;
                        {_, _, true} -> command;
                        _ -> restarting
                    end
            end
    end.

is_starting(Pid) ->
    case process_info(Pid, current_stacktrace) of
        undefined -> false;
        {_, Stack} -> lists:any(fun({M, F, A, _}) -> {M, F, A} =:= {gen_server, init_it, 6} end, Stack)
    end.

%% Whether the supervisor at `Path` is stopping.
is_going_down(Ctx, Path) ->
    case supervisor_at(Ctx, Path) of
        none -> false;
        Pid -> doing(Pid) =:= stopping orelse is_asked_to_stop(Ctx, Path)
    end.

%% Whether its parent is stopping the supervisor at `Path`.
is_asked_to_stop(_, <<>>) -> false;
is_asked_to_stop(Ctx, Path) ->
    case {supervisor_at(Ctx, above(Path)), supervisor_at(Ctx, Path)} of
        {Parent, Pid} when is_pid(Parent), is_pid(Pid) ->
            {monitors, Monitors} = process_info(Parent, monitors),
            lists:member({process, Pid}, Monitors);
        _ ->
            false
    end.

%% Everything has come of what happened; something else is about to happen.
next_moment(#{table := Table}) ->
    ets:delete(Table, two_go_on),
    ets:delete(Table, is_asked).

%% Whether two supervisors have acted at the same time, or something waits for its turn in OTP that does
%% not in the library under test: a stop that comes while a supervisor starts or restarts children, and
%% anything about the other children of a busy one_for_one supervisor.
is_overtaken(#{table := Table}) ->
    Supervisors = ets:match(Table, {{supervises, '_'}, '$1', '$2'}),
    ets:member(Table, race) orelse is_asked_as_two_go_on(Table)
        orelse lists:any(fun([Pid, Strategy]) -> is_process_alive(Pid) andalso waits(Pid, Strategy) end, Supervisors).

%% An end that a waiting start or clean-up learns of sends two supervisors on: the one of the child that
%% has ended, and the one of the asker, which hears of it at once in the library under test, and here
%% only when the other one has done its part. What a start or a clean-up asks meanwhile, of either part,
%% has its outcome from the one that is first.
is_asked_as_two_go_on(Table) ->
    ets:member(Table, two_go_on) andalso ets:member(Table, is_asked).

waits(Pid, Strategy) ->
    {messages, Messages} = process_info(Pid, messages),
    Messages =/= [] andalso case doing(Pid) of
        stopping -> false;
        _ when Strategy =:= <<"one_for_one">>; Strategy =:= <<"simple_one_for_one">> -> true;
        _ ->
            {dictionary, Dictionary} = process_info(Pid, dictionary),
            [Parent | _] = proplists:get_value('$ancestors', Dictionary),
            lists:any(fun({'EXIT', From, _}) -> From =:= Parent; (_) -> false end, Messages)
    end.
