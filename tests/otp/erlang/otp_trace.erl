%% The trace of a step: the reply, what happened, and what of the tree has changed.
-module(otp_trace).

-export([nothing_seen/0, after_step/5, after_timeline/4, events/1]).

%% What the last step showed: the workers that ran, and each supervisor.
nothing_seen() -> {[], #{}}.

%% Of the workers and supervisors only what differs from `Seen` is told.
after_step(Ctx, Name, N, Reply, {SeenRunning, SeenSupervisors}) ->
    Events = events(Ctx),
    Running = [life(Path, Start) || {Path, Start} <- otp_recorder:running(Ctx)],
    Supervisors = maps:from_list([{P, view(Ctx, P)} || P <- otp_recorder:supervisors(Ctx)]),
    Changed = [{shown(P), View}
               || {P, View} <- lists:sort(maps:to_list(Supervisors)),
                  maps:find(P, SeenSupervisors) =/= {ok, View}],
    Fields = [
        {scenario, Name},
        {step, N},
        {reply, reply(Reply)}
    ] ++ [{events, Events} || Events =/= []]
      ++ [{running, Running} || Running =/= SeenRunning]
      ++ [{supervisors, {object, Changed}} || Changed =/= []],
    {{object, Fields}, {Running, Supervisors}}.

%% The trace of a timeline has its own lines. One that was cut shows no more than these.
after_timeline(_, Name, {Reply, Lines, Cut}, _) when Cut =/= none ->
    Fields = [{scenario, Name}, {step, 0}, {reply, reply(Reply)}, {timeline, Lines}, {cut, Cut}],
    {{object, Fields}, cut};
after_timeline(Ctx, Name, {Reply, Lines, none}, Seen) ->
    {{object, [Scenario, Step, Replied | Rest]}, NowSeen} = after_step(Ctx, Name, 0, Reply, Seen),
    {{object, [Scenario, Step, Replied, {timeline, Lines} | Rest]}, NowSeen}.

%% What has happened since the last time.
events(Ctx) ->
    [event(Event) || Event <- in_order(otp_recorder:take_events(Ctx)), is_told(Event)].

reply({each, Replies}) -> {object, [{each, [reply(Reply) || Reply <- Replies]}]};
reply({Result, What}) -> {object, [{Result, What}]}.

%% The reply and the end of the root tell its story.
is_told({_, <<>>, _}) -> false;
is_told({stop, <<>>, _, _}) -> false;
is_told(_) -> true.

event({stop, Path, N, Class}) ->
    iolist_to_binary([<<"stop ">>, life(Path, N), $\s, atom_to_binary(Class)]);
event({What, Path, N}) ->
    iolist_to_binary([atom_to_binary(What), $\s, life(Path, N)]).

life(Path, N) -> <<Path/binary, $@, (integer_to_binary(N))/binary>>.

shown(<<>>) -> <<"/">>;
shown(Path) -> Path.

view(Ctx, Path) ->
    case otp_recorder:is_running(Ctx, supervisor, Path) of
        true ->
            Pid = otp_recorder:pid(Ctx, Path),
            {object, [
                {which_children, otp_reply:which_children(Ctx, supervisor:which_children(Pid))},
                {count_children, otp_reply:count_children(supervisor:count_children(Pid))}
            ]};
        false ->
            {object, [{ended, otp_recorder:end_of(Ctx, Path)}]}
    end.

%% The workers of a pool are stopped all at once, so that the order of their stops is
%% nobody's: a run of stops below one pool is put in the order of the workers' numbers.
in_order([Event | Events]) ->
    case pool_of(Event) of
        none ->
            [Event | in_order(Events)];
        Pool ->
            {Run, Rest} = lists:splitwith(fun(E) -> pool_of(E) =:= Pool end, Events),
            Numbered = [{worker_of(E), E} || E <- [Event | Run]],
            [E || {_, E} <- lists:keysort(1, Numbered)] ++ in_order(Rest)
    end;
in_order([]) ->
    [].

pool_of({stop, Path, _, _}) ->
    case binary:match(Path, <<"#">>) of
        {At, _} -> binary:part(Path, 0, At);
        nomatch -> none
    end;
pool_of(_) ->
    none.

worker_of({stop, Path, _, _}) ->
    [_, Below] = string:split(Path, "#"),
    {Number, _} = string:to_integer(Below),
    Number.
