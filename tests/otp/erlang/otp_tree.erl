%% A scenario's tree, in the terms of OTP's `supervisor`.
-module(otp_tree).
-behaviour(supervisor).

-export([start_supervisor/4, add_child/5, add_worker/5, path/2]).
%% Called by `supervisor`.
-export([init/1, start_nested/4, start_worker/4, start_pool_worker/6]).

%% `Origin` tells specifications of one path apart: 0 for the tree as it was declared,
%% the number of the step for what was added later.

%% Starts a supervisor linked to the caller: `supervisor` itself, or, where the scenario
%% names deviations, `supervisor` with these.
start_supervisor(#{deviations := Deviations} = Ctx, Path, Origin, Supervisor) ->
    N = otp_recorder:next_start(Ctx, Path),
    Arguments = {Ctx, Path, Origin, Supervisor},
    Result =
        %% Of these two there is only the library's own trace.
        case Deviations -- [refused, concurrency] of
            [] when not is_map_key(timeline, Ctx) -> supervisor:start_link(?MODULE, Arguments);
            Applied -> otp_deviating:start_link(?MODULE, Arguments, Applied)
        end,
    case Result of
        {ok, Pid} ->
            otp_recorder:comes_from(Ctx, Path, Origin),
            otp_recorder:started(Ctx, supervisor, Path, N, Pid);
        {error, _} ->
            otp_recorder:not_started(Ctx, fail, Path, N)
    end,
    Result.

init({Ctx, Path, Origin, Supervisor}) ->
    otp_recorder:trace_me(maps:get(tracer, Ctx)),
    Strategy = maps:get(<<"strategy">>, Supervisor),
    otp_address:supervises(Ctx, Path, Strategy),
    Flags = #{
        strategy => binary_to_atom(Strategy),
        intensity => maps:get(<<"max_restarts">>, Supervisor, 3),
        period => maps:get(<<"restart_window">>, Supervisor, 3600_000) div 1000,
        auto_shutdown => binary_to_atom(maps:get(<<"auto_shutdown">>, Supervisor, <<"never">>))
    },
    Children =
        case Strategy of
            <<"simple_one_for_one">> ->
                [template(Ctx, Path, Child) || Child <- maps:get(<<"children">>, Supervisor, [])];
            _ ->
                [spec(Ctx, Path, Origin, Child) || Child <- maps:get(<<"children">>, Supervisor, [])]
        end,
    {ok, {Flags, Children}}.

add_child(Ctx, Pid, Path, Origin, Child) ->
    supervisor:start_child(Pid, spec(Ctx, Path, Origin, Child)).

%% `Overrides`: what this worker does differently from the template.
add_worker(_Ctx, Pid, Number, Origin, Overrides) ->
    supervisor:start_child(Pid, [Number, Origin, Overrides]).

path(<<>>, Name) -> Name;
path(Path, Name) -> <<Path/binary, $/, Name/binary>>.

spec(Ctx, Under, Origin, #{<<"name">> := Name} = Child) ->
    Path = path(Under, Name),
    Start =
        case Child of
            #{<<"supervisor">> := Supervisor} -> {start_nested, [Ctx, Path, Origin, Supervisor]};
            _ -> {start_worker, [Ctx, Path, Origin, Child]}
        end,
    spec(Start, Child).

template(Ctx, Under, Child) ->
    spec({start_pool_worker, [Ctx, Under, Child]}, Child).

spec({Function, Arguments}, Child) ->
    Type = case is_map_key(<<"supervisor">>, Child) of true -> supervisor; false -> worker end,
    Shutdown =
        case Child of
            #{<<"shutdown">> := Word} when is_binary(Word) -> #{shutdown => binary_to_atom(Word)};
            #{<<"shutdown">> := Milliseconds} -> #{shutdown => Milliseconds};
            _ -> #{}
        end,
    Shutdown#{
        id => maps:get(<<"name">>, Child),
        start => {?MODULE, Function, Arguments},
        restart => restart(maps:get(<<"policy">>, Child, <<"Always">>)),
        significant => maps:get(<<"significant">>, Child, false),
        type => Type
    }.

restart(<<"Always">>) -> permanent;
restart(<<"Transient">>) -> transient;
restart(<<"Temporary">>) -> temporary.

%% From here on: start functions, run by the supervisor whose child is started.

start_nested(Ctx, Path, Origin, Supervisor) ->
    start_supervisor(Ctx, Path, Origin, Supervisor).

start_pool_worker(Ctx, Pool, Template, Number, Origin, Overrides) ->
    Path = path(Pool, <<$#, (integer_to_binary(Number))/binary>>),
    case maps:merge(Template, Overrides) of
        #{<<"supervisor">> := Supervisor} -> start_supervisor(Ctx, Path, Origin, Supervisor);
        Child -> start_worker(Ctx, Path, Origin, Child)
    end.

start_worker(Ctx, Path, Origin, Child) ->
    N = otp_recorder:next_start(Ctx, Path),
    otp_address:is_tried(Ctx, Path),
    case otp_recorder:outcome(Ctx, {Path, Origin}, maps:get(<<"starts">>, Child, [<<"ok">>])) of
        <<"fail">> ->
            come_to_nothing(Ctx, {Path, N}, Child),
            otp_recorder:not_started(Ctx, fail, Path, N),
            {error, failed};
        <<"decline">> ->
            case come_to_nothing(Ctx, {Path, N}, Child) of
                {error, Killed} ->
                    otp_recorder:not_started(Ctx, fail, Path, N),
                    {error, Killed};
                _ ->
                    otp_recorder:not_started(Ctx, decline, Path, N),
                    ignore
            end;
        Outcome ->
            case otp_child:start_link(Ctx, {Path, N}, Child, comes_up) of
                {ok, Pid} ->
                    otp_recorder:started(Ctx, worker, Path, N, Pid),
                    end_at_once(Outcome, Pid),
                    {ok, Pid};
                {error, Killed} ->
                    otp_recorder:not_started(Ctx, fail, Path, N),
                    {error, Killed}
            end
    end.

%% A start that takes its time has a process that can be killed meanwhile.
come_to_nothing(Ctx, Life, #{} = Child) when is_map_key(<<"start_takes">>, Child);
                                             is_map_key(<<"start_asks">>, Child) ->
    otp_child:start_link(Ctx, Life, Child, comes_to_nothing);
come_to_nothing(_, _, _) ->
    ok.

end_at_once(<<"ok">>, _) -> ok;
end_at_once(<<"crash">>, Pid) -> end_now(Pid, failed);
end_at_once(<<"finish">>, Pid) -> end_now(Pid, normal).

end_now(Pid, Reason) ->
    otp_child:finish(Pid, Reason),
    otp_child:await_exit_message(Pid).
