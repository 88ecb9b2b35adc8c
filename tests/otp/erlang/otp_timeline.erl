%% Runs the timeline of a scenario, from the start of the tree on.
-module(otp_timeline).

-export([run/3, start_asks/4, stop_asks/4]).

%% The ticks that a life waits for an answer in its start or its clean-up.
-define(PATIENCE, 5).

%% Returns the reply to the start, the lines, and the tick at which something had to wait for
%% its turn in OTP that does not have to in the library: from then on nothing can be compared.
run(Recorder, Tree, Timeline) ->
    Ctx = Recorder#{timeline => true},
    erlang:system_flag(backtrace_depth, 64),
    otp_clock:new(Ctx),
    otp_address:declare(Ctx, <<>>, maps:get(<<"children">>, Tree, [])),
    Parent = spawn_link(fun() -> parent(Ctx) end),
    Parent ! {do, fun() ->
        note(Ctx, start, otp_reply:start(otp_tree:start_supervisor(Ctx, <<>>, 0, Tree)))
    end},
    Numbered = lists:zip(lists:seq(1, length(Timeline)), Timeline),
    Actions = lists:sort([{maps:get(<<"at">>, Action), N, Action} || {N, Action} <- Numbered]),
    {Lines, Cut} = case progress(Ctx) of
        {go_on, Lines0} -> go_on(Ctx#{parent => Parent}, Actions, [Lines0]);
        {cut, Lines0} -> {[Lines0], 0}
    end,
    Replies = [[<<"#">>, integer_to_binary(N), $\s, reply(R)] || {N, R} <- noted(Ctx), N =/= start],
    Reply = case lists:keyfind(start, 1, noted(Ctx)) of
        {_, R} -> R;
        false -> {error, no_answer}
    end,
    {Reply, lists:append(lists:reverse(Lines)) ++ [iolist_to_binary(R) || R <- Replies], Cut}.

%% The parent of the root, as far as OTP is concerned.
parent(Ctx) ->
    process_flag(trap_exit, true),
    receive
        {do, What} -> What(), parent(Ctx);
        {'EXIT', _, _} -> parent(Ctx)
    end.

note(#{table := Table}, N, Reply) -> ets:insert(Table, {{reply, N}, Reply}).

noted(#{table := Table}) ->
    lists:sort([{N, Reply} || [N, Reply] <- ets:match(Table, {{reply, '$1'}, '$2'})]).

reply({What, Word}) when is_atom(Word) -> [atom_to_binary(What), $\s, atom_to_binary(Word)].

go_on(Ctx, Actions, Lines) ->
    otp_address:next_moment(Ctx),
    Timer = otp_clock:next(Ctx),
    case Actions of
        [{At, N, Action} | Rest] when At < Timer ->
            otp_clock:fire(Ctx, At),
            act(Ctx, N, <<"#", (integer_to_binary(N))/binary>>, Action),
            after_one(Ctx, Rest, Lines);
        _ when is_integer(Timer) ->
            case otp_clock:fire(Ctx, Timer) of
                {due, {timeout, Seq}} -> otp_address:timed_out(Ctx, Seq);
                _ -> ok
            end,
            after_one(Ctx, Actions, Lines);
        [] ->
            {Lines, none}
    end.

after_one(Ctx, Actions, Lines) ->
    case progress(Ctx) of
        {go_on, New} -> go_on(Ctx, Actions, [New | Lines]);
        {cut, New} -> {[New | Lines], otp_clock:now(Ctx)}
    end.

%% Lets everything come of what was done, at this tick.
progress(Ctx) ->
    otp_clock:settle(),
    case otp_address:is_overtaken(Ctx) of
        true -> {cut, []};
        false ->
            case otp_address:resolve(Ctx) of
                true -> progress(Ctx);
                false ->
                    otp_address:note_fates(Ctx),
                    {go_on, lines(Ctx)}
            end
    end.

lines(Ctx) ->
    Now = integer_to_binary(otp_clock:now(Ctx)),
    [<<Now/binary, $\s, Line/binary>> || Line <- otp_trace:events(Ctx) ++ otp_address:take_said(Ctx)].

act(Ctx, _, Id, #{<<"do">> := <<"ask">>, <<"to">> := To} = Action) ->
    Options = #{within => maps:get(<<"within">>, Action, ?PATIENCE),
                keep => maps:get(<<"keep">>, Action, false)},
    case Action of
        #{<<"from">> := From} ->
            case otp_address:life(Ctx, From) of
                {Pid, _, State} when State =:= up; State =:= deaf ->
                    otp_address:ask(Ctx, Id, {From, Pid, State}, To, Options);
                _ ->
                    skipped
            end;
        _ ->
            otp_address:ask(Ctx, Id, outside, To, Options)
    end;
act(Ctx, _, Id, #{<<"do">> := <<"send">>, <<"to">> := To}) ->
    otp_address:send(Ctx, Id, To);
act(Ctx, _, Id, #{<<"do">> := <<"kill">>, <<"child">> := Path}) ->
    case otp_address:alive(Ctx, worker, Path) of
        none ->
            Pid = otp_address:alive(Ctx, supervisor, Path),
            Pid =/= none andalso not otp_address:is_asked_to_stop(Ctx, Path) andalso begin
                %% A kill takes along all that is below; in Erlang they would be orphans, and
                %% clean up beside the next life.
                otp_address:note_ends(Ctx, Path),
                [exit(Below, kill) || Below <- otp_address:below(Ctx, Path)],
                exit(Pid, kill),
                otp_address:say(Ctx, [Id, " killed"])
            end;
        Pid ->
            exit(Pid, kill),
            otp_address:say(Ctx, [Id, " killed"])
    end;
act(Ctx, _, _, #{<<"do">> := <<"end">>, <<"child">> := Path, <<"how">> := How}) ->
    case otp_address:life(Ctx, Path) of
        {Pid, _, State} when State =:= up; State =:= deaf ->
            otp_child:finish(Pid, binary_to_atom(How));
        _ -> skipped
    end;
act(#{parent := Parent} = Ctx, _, _, #{<<"do">> := <<"shutdown">>}) ->
    case otp_recorder:is_running(Ctx, supervisor, <<>>) of
        %% What its parent's exit signal becomes in a process that traps exits.
        true -> otp_recorder:pid(Ctx, <<>>) ! {'EXIT', Parent, shutdown};
        false -> skipped
    end;
act(Ctx, N, _, Command) ->
    otp_scenario:request(Ctx, 0, Command, fun(Call) ->
        case otp_address:is_going_down(Ctx, otp_scenario:supervisor_of(Command)) of
            true -> note(Ctx, N, {error, shutting_down});
            false -> spawn(fun() -> note(Ctx, N, otp_reply:call(Call)) end)
        end
    end).

%% The calling life asks in its start, or in its clean-up, and waits for the outcome.
start_asks(Ctx, Path, N, To) -> asks(Ctx, Path, N, starting, "start", To).
stop_asks(Ctx, Path, N, To) -> asks(Ctx, Path, N, stopping, "stop", To).

asks(_, _, _, _, _, none) ->
    ok;
asks(Ctx, Path, N, State, Where, To) ->
    Id = iolist_to_binary([Path, $@, integer_to_binary(N), $., Where]),
    Options = #{within => ?PATIENCE, keep => false},
    otp_address:ask(Ctx, Id, {Path, self(), State}, To, Options),
    receive {outcome, Id} -> ok end.
