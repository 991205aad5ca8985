import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Java's opinion on certification paths, one process for many: a question a line, an answer a line.
 *
 * Question, fields parted by tabs, lists by commas, certificates and lists of revoked ones named by their file
 * (DER) in the folder of the first argument: name, milliseconds since 1970, flags (revocation, explicit,
 * inhibit-any, inhibit-mapping), acceptable policies, certificate, anchors, other certificates, lists, and the
 * path to judge, from the certificate up without its anchor (empty for none).
 *
 * Answer: name, what the builder says of the certificate, what the validator says of the path: "good", "-" for
 * not asked, else the reason.
 */
final class Paths {
    private final Path folder;
    private final CertificateFactory factory = CertificateFactory.getInstance("X.509");
    private final Map<String, Object> known = new HashMap<>();

    private Paths(Path folder) throws GeneralSecurityException {
        this.folder = folder;
    }

    public static void main(String[] arguments) throws Exception {
        // The suites are old: what is acceptable is not asked here.
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        Paths judge = new Paths(Path.of(arguments[0]));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            out.println(judge.answer(line.split("\t", -1)));
        }
        out.flush();
    }

    private String answer(String[] question) throws IOException {
        return question[0] + "\t" + said(() -> build(question)) + "\t" + said(() -> validate(question));
    }

    private interface Act {
        String run() throws GeneralSecurityException, IOException;
    }

    private static String said(Act act) throws IOException {
        try {
            return act.run();
        } catch (CertPathValidatorException e) {
            return e.getReason() + ": " + plain(e);
        } catch (CertPathBuilderException e) {
            return "no path: " + plain(e.getCause() == null ? e : e.getCause());
        } catch (GeneralSecurityException | RuntimeException | StackOverflowError e) {
            return e.getClass().getSimpleName() + ": " + plain(e);
        }
    }

    private static String plain(Throwable e) {
        return String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
    }

    private String build(String[] question) throws GeneralSecurityException, IOException {
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(certificate(question[4]));
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors(question), target);
        parameters.setMaxPathLength(20);
        ask(parameters, question, CertPathBuilder.getInstance("PKIX").getRevocationChecker());
        CertPathBuilder.getInstance("PKIX").build(parameters);
        return "good";
    }

    private String validate(String[] question) throws GeneralSecurityException, IOException {
        if (question[8].isEmpty()) {
            return "-";
        }
        List<Certificate> path = new ArrayList<>();
        for (String name : question[8].split(",")) {
            path.add(certificate(name));
        }
        PKIXParameters parameters = new PKIXParameters(anchors(question));
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        ask(parameters, question, validator.getRevocationChecker());
        validator.validate(factory.generateCertPath(path), parameters);
        return "good";
    }

    private void ask(PKIXParameters parameters, String[] question, Object checker)
            throws GeneralSecurityException, IOException {
        Set<String> flags = Set.of(question[2].split(","));
        parameters.setDate(new Date(Long.parseLong(question[1])));
        parameters.setExplicitPolicyRequired(flags.contains("explicit"));
        parameters.setAnyPolicyInhibited(flags.contains("inhibit-any"));
        parameters.setPolicyMappingInhibited(flags.contains("inhibit-mapping"));
        if (!question[3].isEmpty()) {
            parameters.setInitialPolicies(Set.of(question[3].split(",")));
        }
        List<Object> members = new ArrayList<>();
        for (String name : (question[6] + "," + question[4]).split(",")) {
            if (!name.isEmpty()) {
                addReadable(members, name, false);
            }
        }
        for (String name : question[7].split(",")) {
            if (!name.isEmpty()) {
                addReadable(members, name, true);
            }
        }
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(members)));
        parameters.setRevocationEnabled(false);
        if (flags.contains("revocation")) {
            PKIXRevocationChecker revocation = (PKIXRevocationChecker) checker;
            revocation.setOptions(EnumSet.of(
                    PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
            parameters.addCertPathChecker(revocation);
        }
    }

    private Set<TrustAnchor> anchors(String[] question) throws GeneralSecurityException, IOException {
        Set<TrustAnchor> found = new HashSet<>();
        for (String name : question[5].split(",")) {
            found.add(new TrustAnchor(certificate(name), null));
        }
        return found;
    }

    private X509Certificate certificate(String name) throws GeneralSecurityException, IOException {
        return (X509Certificate) read(name, false);
    }

    /** What Java cannot read of the material that lies around is no reason to say no. */
    private void addReadable(List<Object> members, String name, boolean list) throws IOException {
        try {
            members.add(read(name, list));
        } catch (GeneralSecurityException e) {
            return;
        }
    }

    private Object read(String name, boolean list) throws GeneralSecurityException, IOException {
        Object found = known.get(name);
        if (found == null) {
            ByteArrayInputStream octets = new ByteArrayInputStream(Files.readAllBytes(folder.resolve(name)));
            found = list ? factory.generateCRL(octets) : factory.generateCertificate(octets);
            known.put(name, found);
        }
        return found;
    }
}
