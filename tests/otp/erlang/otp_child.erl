%% The child of a scenario: it lives until it is told how to end, or is stopped.
-module(otp_child).

-export([start_link/4, finish/2, await_exit_message/1]).

%% Starts a child under the calling supervisor. When this returns the child has said how
%% it takes a shutdown (trapping exits or not), so a stop that follows at once finds it so.
%%
%% Returns `{ok, Pid}`, or the outcome of a start that takes its time and comes to nothing.
start_link(Ctx, {Path, N}, Child, Outcome) ->
    Supervisor = self(),
    Up = make_ref(),
    Pid = spawn_link(fun() ->
        otp_recorder:trace_me(maps:get(tracer, Ctx)),
        OnShutdown = maps:get(<<"on_shutdown">>, Child, <<"obeys">>),
        %% `unaware` is Erlang's process that does not trap exits: it dies of the request.
        process_flag(trap_exit, OnShutdown =/= <<"unaware">>),
        otp_address:begins(Ctx, Path, N),
        otp_clock:sleep(Ctx, Path, maps:get(<<"start_takes">>, Child, 0)),
        otp_timeline:start_asks(Ctx, Path, N, maps:get(<<"start_asks">>, Child, none)),
        case Outcome of
            comes_to_nothing ->
                unlink(Supervisor),
                Supervisor ! {Up, Outcome};
            comes_up ->
                case OnShutdown of
                    <<"unaware">> -> otp_address:is(Ctx, Path, deaf);
                    _ -> otp_address:is_up(Ctx, {Path, N})
                end,
                Supervisor ! {Up, Outcome},
                loop(#{supervisor => Supervisor, ctx => Ctx, path => Path, n => N,
                       on_shutdown => OnShutdown, child => Child})
        end
    end),
    receive
        {Up, comes_up} -> {ok, Pid};
        {Up, comes_to_nothing} -> comes_to_nothing;
        {'EXIT', Pid, Reason} -> {error, Reason}
    end.

%% Tells a child to end by itself.
finish(Child, How) -> Child ! {finish, How}.

%% Waits, in the supervisor, until the exit of a dead child is in its mailbox: what the
%% supervisor sends itself afterwards stands behind it.
await_exit_message(Child) ->
    {links, Links} = process_info(self(), links),
    case lists:member(Child, Links) of
        true -> erlang:yield(), await_exit_message(Child);
        false -> ok
    end.

loop(#{supervisor := Supervisor, on_shutdown := OnShutdown} = Life) ->
    receive
        {finish, Reason} ->
            exit(Reason);
        {message, Seq} ->
            #{ctx := Ctx, path := Path, n := N} = Life,
            otp_address:got(Ctx, Seq, {Path, N}),
            loop(Life);
        {'EXIT', Supervisor, shutdown} when OnShutdown =:= <<"ignores">> ->
            loop(Life);
        {'EXIT', Supervisor, Reason} ->
            clean_up(Life),
            exit(case OnShutdown of <<"fails">> when Reason =:= shutdown -> failed; _ -> Reason end)
    end.

clean_up(#{ctx := Ctx, path := Path, n := N, child := Child}) ->
    otp_address:is(Ctx, Path, stopping),
    otp_timeline:stop_asks(Ctx, Path, N, maps:get(<<"stop_asks">>, Child, none)),
    otp_clock:sleep(Ctx, Path, maps:get(<<"stop_takes">>, Child, 0)).
