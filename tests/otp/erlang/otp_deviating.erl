%% OTP's `supervisor` with the deliberate deviations of the library under test.
%%
%% Every decision is still taken by the functions of `supervisor`; what comes out of them is
%% changed in these places, each only if the scenario names it:
%%
%% - `escalation`: a supervisor that exceeded its restart intensity exits with `escalated`
%%   instead of `shutdown`, so that its parent sees a failure;
%% - `declined_restart`: a simple_one_for_one worker whose restart returns `ignore` is
%%   forgotten (OTP 25 keeps it under the pid `undefined`, and crashes over it at the end);
%% - `terminated_restart`: terminating a simple_one_for_one worker between two attempts to
%%   restart it leaves the count of active children right (OTP 25's is one too low for ever);
%% - `overtaken_retry`: a request to try a restart again is dropped when a later one for the same
%%   child is on its way (OTP's requests carry no number, so the old one stands in for it);
%% - `waiting_sibling`: a significant child that will be started with the sibling whose start
%%   failed has not ended, so there is no automatic shutdown yet.
-module(otp_deviating).
-behaviour(gen_server).

-export([start_link/3]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

%% `supervisor`'s own state, as of OTP 24 and 25.
-record(state, {name, strategy, children, dynamics, intensity, period, restarts,
                dynamic_restarts, auto_shutdown, module, args}).

-record(child, {pid, id, mfargs, restart_type, significant, shutdown, child_type, modules}).

start_link(Module, Arguments, Deviations) ->
    gen_server:start_link(?MODULE, {Deviations, {self, Module, Arguments}}, []).

init({Deviations, {_, _, Started} = Arguments}) ->
    put(started, Started),
    case supervisor:init(Arguments) of
        {ok, #state{} = State} ->
            otp_address:comes_up(Started),
            {ok, {Deviations, State}};
        {ok, _} -> {stop, other_state_than_in_otp_25};
        Other -> Other
    end.

handle_call(Request, From, {Deviations, State}) ->
    {reply, Reply, NewState} = supervisor:handle_call(Request, From, State),
    note(Request, Reply),
    {reply, Reply, {Deviations, decided(repaired(Deviations, NewState))}}.

handle_cast(Message, {Deviations, State}) ->
    case lists:member(overtaken_retry, Deviations) andalso is_overtaken(Message) of
        true -> {noreply, {Deviations, State}};
        false -> continued(Deviations, supervisor:handle_cast(Message, State))
    end.

handle_info(Message, {Deviations, State}) ->
    Next = supervisor:handle_info(Message, State),
    note_end(Message, State, Next),
    continued(Deviations, Next).

terminate(Reason, {_, State}) ->
    supervisor:terminate(Reason, State).

is_overtaken({try_again_restart, _} = Message) ->
    {messages, Waiting} = process_info(self(), messages),
    lists:member({'$gen_cast', Message}, Waiting).

%% The children that were stopped by hand since the last restart: they wait for nothing. (OTP's
%% state does not tell them from those that do; the next restart of the group starts them too.)
stopped() ->
    case get(stopped) of
        undefined -> [];
        Ids -> Ids
    end.

note({terminate_child, Id}, ok) ->
    otp_address:is_down(get(started), Id),
    put(stopped, [Id | stopped()]);
note({delete_child, Id}, ok) ->
    otp_address:is_down(get(started), Id);
note({restart_child, Id}, {error, Reason}) when Reason =/= running, Reason =/= restarting ->
    otp_address:is_down(get(started), Id);
note(_, _) ->
    ok.

%% A child that has ended by itself, and is not restarted.
note_end({'EXIT', Pid, _}, #state{children = {Ids, Db}, restarts = Restarts},
         {noreply, #state{restarts = Restarts}}) ->
    [otp_address:is_down(get(started), Id) || Id <- Ids, (maps:get(Id, Db))#child.pid =:= Pid];
note_end(_, _, _) ->
    ok.

forget_stopped(Restarts) ->
    case put(restarts, Restarts) of
        Restarts -> ok;
        _ -> erase(stopped)
    end.

continued(Deviations, {noreply, State}) ->
    forget_stopped(State#state.restarts),
    {noreply, {Deviations, decided(repaired(Deviations, State))}};
continued(Deviations, {stop, shutdown, #state{restarts = Restarts, intensity = Max} = State}) ->
    %% The restart that was one too many is in the list; an automatic shutdown adds none.
    GivesUp = length(Restarts) > Max,
    otp_address:stops_by_itself(get(started), GivesUp),
    Deviates = fun(Deviation) -> lists:member(Deviation, Deviations) end,
    case {GivesUp, Deviates(escalation), Deviates(waiting_sibling) andalso is_awaited(State)} of
        {true, true, _} -> {stop, escalated, {Deviations, repaired(Deviations, State)}};
        {false, _, true} -> {noreply, {Deviations, State}};
        _ -> {stop, shutdown, {Deviations, repaired(Deviations, State)}}
    end.

%% Tells the addresses of a timeline which children are down: those that are gone, and those without
%% a process if none waits for another attempt.
decided(#state{children = {Ids, Db}} = State) ->
    Pids = [(maps:get(Id, Db))#child.pid || Id <- Ids],
    Present = case lists:any(fun is_tuple/1, Pids) of
        true -> Ids;
        false -> [Id || {Id, Pid} <- lists:zip(Ids, Pids), is_pid(Pid)]
    end,
    otp_address:are_up(get(started), Present),
    State.

%% Whether a significant child waits behind one that is restarting.
is_awaited(#state{auto_shutdown = all_significant, strategy = Strategy, children = {Ids, Db}})
  when Strategy =/= simple_one_for_one ->
    IsRestarting = fun(Id) -> is_tuple((maps:get(Id, Db))#child.pid) end,
    %% The newest child is the first.
    {Later, Rest} = lists:splitwith(fun(Id) -> not IsRestarting(Id) end, Ids),
    Waits = fun(Id) ->
        Child = maps:get(Id, Db),
        Child#child.significant andalso Child#child.pid =:= undefined
            andalso not lists:member(Id, stopped())
    end,
    Rest =/= [] andalso lists:any(Waits, Later);
is_awaited(_) ->
    false.

repaired(Deviations, #state{strategy = simple_one_for_one} = State) ->
    lists:foldl(fun repair/2, State, Deviations);
repaired(_, State) ->
    State.

repair(declined_restart, #state{dynamics = {Kind, Workers}} = State) ->
    State#state{dynamics = {Kind, maps:remove(undefined, Workers)}};
repair(terminated_restart, #state{dynamics = {_, Workers}} = State) ->
    State#state{dynamic_restarts = length([Pid || {restarting, Pid} <- maps:keys(Workers)])};
repair(_, State) ->
    State.
