%% OTP's answers in the words of the library under test: `{ok, What}` or `{error, Variant}`.
-module(otp_reply).

-export([call/1, start/1, done/1, child_spec/2, which_children/2, count_children/1]).

%% Makes a call. A caller whose supervisor ends meanwhile is told so.
call(Call) ->
    try Call() catch exit:_ -> {error, shutting_down} end.

%% `start_link`, `start_child`, `restart_child`.
start({ok, undefined}) -> {ok, declined};
start({ok, Pid}) when is_pid(Pid) -> {ok, started};
start({error, {already_started, _}}) -> {error, already_started};
start({error, {What, _}}) when What =:= start_spec; What =:= supervisor_data;
                               What =:= bad_start_spec; What =:= bad_combination ->
    {error, invalid_spec};
%% A worker is added with arguments, where others are added with a specification.
start({error, {invalid_child_spec, _}}) -> {error, not_simple_one_for_one};
start({error, Reason}) when Reason =:= already_present; Reason =:= running;
                            Reason =:= restarting; Reason =:= not_found;
                            Reason =:= simple_one_for_one -> {error, Reason};
start({error, _}) -> {error, start_failed}.

done(ok) -> {ok, done};
done({error, Reason}) -> {error, Reason}.

%% A worker of a pool has its template's specification, under the name by which it was asked.
child_spec(Name, {ok, #{restart := Restart, significant := Significant,
                        shutdown := Shutdown, type := Type}}) ->
    {ok, {object, [{kind, Type}, {name, Name}, {policy, policy(Restart)},
                   {shutdown, Shutdown}, {significant, Significant}]}};
child_spec(_, {error, Reason}) ->
    {error, Reason}.

policy(permanent) -> 'Always';
policy(transient) -> 'Transient';
policy(temporary) -> 'Temporary'.

%% A static supervisor's children newest first, as OTP lists them. The order of a pool is
%% the emulator's secret: its workers are listed by number.
which_children(Ctx, Children) ->
    Workers = [{number(Ctx, Pid), Child} || {undefined, Pid, _, _} = Child <- Children],
    Listed = case Workers of [] -> Children; _ -> [C || {_, C} <- lists:sort(Workers)] end,
    [listed(Ctx, Child) || Child <- Listed].

number(Ctx, Pid) when is_pid(Pid) ->
    {_, Path, _} = otp_recorder:who(Ctx, Pid),
    [_, Number] = string:split(Path, "#", trailing),
    binary_to_integer(Number);
number(_, NoPid) ->
    NoPid.

listed(Ctx, {Id, Pid, Type, _}) ->
    State =
        case Pid of
            undefined -> <<" stopped">>;
            restarting -> <<" restarting">>;
            _ -> <<$@, (integer_to_binary(element(3, otp_recorder:who(Ctx, Pid))))/binary>>
        end,
    Kind = case Type of worker -> <<>>; supervisor -> <<" supervisor">> end,
    <<(name(Ctx, Id, Pid))/binary, State/binary, Kind/binary>>.

name(Ctx, undefined, Pid) when is_pid(Pid) -> <<$#, (integer_to_binary(number(Ctx, Pid)))/binary>>;
name(_, undefined, _) -> <<$#>>;
name(_, Name, _) -> Name.

count_children(Counts) ->
    [proplists:get_value(Key, Counts) || Key <- [specs, active, supervisors, workers]].
