%% The child of a scenario: it lives until it is told how to end, or is stopped.
-module(otp_child).

-export([start_link/2, finish/2, await_exit_message/1]).

%% Starts a child under the calling supervisor. When this returns the child has said how
%% it takes a shutdown (trapping exits or not), so a stop that follows at once finds it so.
start_link(Tracer, OnShutdown) ->
    Supervisor = self(),
    Up = make_ref(),
    Child = spawn_link(fun() ->
        otp_recorder:trace_me(Tracer),
        %% `unaware` is Erlang's process that does not trap exits: it dies of the request.
        process_flag(trap_exit, OnShutdown =/= <<"unaware">>),
        Supervisor ! Up,
        loop(Supervisor, OnShutdown)
    end),
    receive Up -> Child end.

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

loop(Supervisor, OnShutdown) ->
    receive
        {finish, Reason} ->
            exit(Reason);
        {'EXIT', Supervisor, shutdown} when OnShutdown =:= <<"ignores">> ->
            loop(Supervisor, OnShutdown);
        {'EXIT', Supervisor, shutdown} when OnShutdown =:= <<"fails">> ->
            exit(failed);
        {'EXIT', Supervisor, Reason} ->
            exit(Reason)
    end.
