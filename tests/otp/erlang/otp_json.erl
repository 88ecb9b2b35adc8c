%% JSON, as far as scenarios and traces need it (OTP 25 has no parser of its own).
%%
%% Objects are read as maps with binary keys. They are written from
%% `{object, [{Key, Value}]}`, so that a trace keeps the order of its fields.
-module(otp_json).

-export([decode/1, encode/1]).

%% Decodes one value; exits with `{bad_json, What, Line}`.
decode(Text) ->
    {Value, Rest} = value(skip(Text), Text),
    case skip(Rest) of
        <<>> -> Value;
        More -> bad(more_than_one_value, More, Text)
    end.

value(<<"null", Rest/binary>>, _) -> {null, Rest};
value(<<"true", Rest/binary>>, _) -> {true, Rest};
value(<<"false", Rest/binary>>, _) -> {false, Rest};
value(<<$", Rest/binary>>, Text) -> string(Rest, [], Text);
value(<<$[, Rest/binary>>, Text) -> array(skip(Rest), Text);
value(<<${, Rest/binary>>, Text) -> object(skip(Rest), Text);
value(<<$-, Rest/binary>>, Text) ->
    {Number, More} = value(Rest, Text),
    {-Number, More};
value(<<C, _/binary>> = Rest, Text) when C >= $0, C =< $9 ->
    Digits = digits(Rest, 0),
    <<Number:Digits/binary, More/binary>> = Rest,
    case More of
        <<C1, _/binary>> when C1 =:= $.; C1 =:= $e; C1 =:= $E -> bad(not_an_integer, Rest, Text);
        _ -> {binary_to_integer(Number), More}
    end;
value(Rest, Text) ->
    bad(value_expected, Rest, Text).

digits(Text, N) ->
    case Text of
        <<_:N/binary, C, _/binary>> when C >= $0, C =< $9 -> digits(Text, N + 1);
        _ -> N
    end.

string(<<$", Rest/binary>>, Acc, _) -> {unicode:characters_to_binary(lists:reverse(Acc)), Rest};
string(<<$\\, C, Rest/binary>>, Acc, Text) ->
    case C of
        $n -> string(Rest, [$\n | Acc], Text);
        $t -> string(Rest, [$\t | Acc], Text);
        _ when C =:= $"; C =:= $\\; C =:= $/ -> string(Rest, [C | Acc], Text);
        _ -> bad(unknown_escape, Rest, Text)
    end;
string(<<C/utf8, Rest/binary>>, Acc, Text) -> string(Rest, [C | Acc], Text);
string(Rest, _, Text) -> bad(unfinished_string, Rest, Text).

array(<<$], Rest/binary>>, _) -> {[], Rest};
array(Rest, Text) -> array(Rest, [], Text).

array(Rest, Acc, Text) ->
    {Value, More} = value(Rest, Text),
    case skip(More) of
        <<$,, Next/binary>> -> array(skip(Next), [Value | Acc], Text);
        <<$], Next/binary>> -> {lists:reverse(Acc, [Value]), Next};
        Next -> bad(comma_or_bracket_expected, Next, Text)
    end.

object(<<$}, Rest/binary>>, _) -> {#{}, Rest};
object(Rest, Text) -> object(Rest, #{}, Text).

object(<<$", Rest/binary>>, Acc, Text) ->
    {Key, AfterKey} = string(Rest, [], Text),
    case skip(AfterKey) of
        <<$:, AfterColon/binary>> when not is_map_key(Key, Acc) ->
            {Value, More} = value(skip(AfterColon), Text),
            case skip(More) of
                <<$,, Next/binary>> -> object(skip(Next), Acc#{Key => Value}, Text);
                <<$}, Next/binary>> -> {Acc#{Key => Value}, Next};
                Next -> bad(comma_or_brace_expected, Next, Text)
            end;
        <<$:, _/binary>> -> bad({key_twice, Key}, AfterKey, Text);
        Next -> bad(colon_expected, Next, Text)
    end;
object(Rest, _, Text) ->
    bad(key_expected, Rest, Text).

skip(<<C, Rest/binary>>) when C =:= $\s; C =:= $\t; C =:= $\n; C =:= $\r -> skip(Rest);
skip(Text) -> Text.

-spec bad(term(), binary(), binary()) -> no_return().
bad(What, Rest, Text) ->
    Read = binary:part(Text, 0, byte_size(Text) - byte_size(Rest)),
    exit({bad_json, What, {line, 1 + length(binary:matches(Read, <<"\n">>))}}).

encode({object, Fields}) ->
    [${, lists:join($,, [[encode(Key), $:, encode(Value)] || {Key, Value} <- Fields]), $}];
encode(Values) when is_list(Values) ->
    [$[, lists:join($,, [encode(Value) || Value <- Values]), $]];
encode(Number) when is_integer(Number) -> integer_to_binary(Number);
encode(Atom) when Atom =:= true; Atom =:= false; Atom =:= null -> atom_to_binary(Atom);
encode(Atom) when is_atom(Atom) -> [$", atom_to_binary(Atom), $"];
encode(Text) when is_binary(Text) -> [$", escape(Text), $"].

escape(Text) ->
    binary:replace(
        binary:replace(Text, <<"\\">>, <<"\\\\">>, [global]),
        <<"\"">>, <<"\\\"">>, [global]).
