import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.security.cert.CRL;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Judges certification paths with the PKIX provider of the platform. One question a line on standard input, fields
 * separated by tabs: seconds since 1970, target, anchors, other certificates, lists, the policies of which one is demanded
 * ("any" for any); octets in hexadecimal digits, several joined by commas. Answers "yes", or "no" and the reason, a line each.
 */
public class PathJudge {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                judge(line.split("\t", -1));
                System.out.println("yes");
            } catch (Throwable refusal) {
                String reason = refusal.getMessage() == null ? "" : refusal.getMessage().replace('\n', ' ');
                System.out.println("no " + refusal.getClass().getSimpleName() + " " + reason);
            }
        }
    }

    private static void judge(String[] fields) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate target = certificates(factory, fields[1]).get(0);
        Set<TrustAnchor> anchors = new HashSet<>();
        for (X509Certificate anchor : certificates(factory, fields[2])) {
            anchors.add(new TrustAnchor(anchor, null));
        }
        List<Object> others = new ArrayList<>(certificates(factory, fields[3]));
        others.add(target);
        List<CRL> lists = new ArrayList<>();
        for (byte[] octets : octets(fields[4])) {
            lists.add(factory.generateCRL(new ByteArrayInputStream(octets)));
        }
        others.addAll(lists);
        X509CertSelector selector = new X509CertSelector();
        selector.setCertificate(target);
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, selector);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(others)));
        parameters.setDate(new Date(Long.parseLong(fields[0]) * 1000));
        parameters.setRevocationEnabled(!lists.isEmpty());
        parameters.setMaxPathLength(20);
        if (!fields[5].isEmpty()) {
            parameters.setExplicitPolicyRequired(true);
            if (!fields[5].equals("any")) {
                parameters.setInitialPolicies(new HashSet<>(List.of(fields[5].split(","))));
            }
        }
        CertPathBuilder.getInstance("PKIX").build(parameters);
    }

    private static List<X509Certificate> certificates(CertificateFactory factory, String field) throws Exception {
        List<X509Certificate> found = new ArrayList<>();
        for (byte[] octets : octets(field)) {
            found.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(octets)));
        }
        return found;
    }

    private static List<byte[]> octets(String field) {
        List<byte[]> found = new ArrayList<>();
        for (String part : field.isEmpty() ? new String[0] : field.split(",")) {
            found.add(HexFormat.of().parseHex(part));
        }
        return found;
    }
}
